#pragma once
// A request on an HTTP/1.1 connection to the upstream, leased from a pool.

#include <gate/http/head_parser.hpp>
#include <gate/net/connection_pool.hpp>
#include <gate/protocol/http1_reader.hpp>
#include <gate/protocol/http1_writer.hpp>
#include <gate/protocol/outbound.hpp>

#include <memory>

namespace gate::protocol {

struct http1_limits {
    http::head_limits head;
    http::chunk_limits chunks;
};

class http1_upstream;

class http1_outbound final : public outbound {
public:
    bool is_reused() const noexcept override { return lease_.is_reused(); }
    sent try_send_head(const request_text& head, const outgoing& first) override;
    sent try_send(const outgoing& piece) override { return writer_.send(piece); }
    sent flush() override { return writer_.flush(); }
    bool is_sent() const noexcept override { return writer_.has_sent_last(); }
    bool has_sent_any() const noexcept override { return writer_.has_sent_any(); }
    void stop_sending() noexcept override;
    bool begin_wait_to_write(net::readiness::callback call, void* self, core::time_point until) override;
    void interrupt_writing(net::wait_status why) override { bytes_.interrupt_writing(why); }

    head_search received_head(response& out) override;
    head_search read_head(response& out) override;
    bool any_byte() const noexcept override { return any_byte_; }
    body_piece received() override { return reader_.received(); }
    body_piece read() override { return reader_.read(); }
    std::string_view trailers() const noexcept override { return reader_.trailers(); }
    void release() noexcept override { reader_.release(); }
    void note_passed_on(bool immediately) noexcept override { reader_.note_passed_on(immediately); }
    bool begin_wait_to_read(net::readiness::callback call, void* self, core::time_point until) override;
    void interrupt_reading(net::wait_status why) override { bytes_.interrupt_reading(why); }

    void cancel() noexcept override {
        if (lease_) bytes_.cut();
    }
    void finish(core::time_point now, bool may_keep) override;
    raw_end take_over() override;
    void leave() noexcept override;

private:
    friend class http1_upstream;
    http1_outbound(const http1_upstream& of, net::connection_pool::lease&& lease) noexcept;
    ~http1_outbound() = default;

    head_search take_head(response& out);
    core::reason reason_of_no_head(const net::io_result& got) noexcept;
    // What has come, and is not dealt with.
    std::span<char> unparsed() const noexcept { return reader_.held(parsed_, received_ - parsed_); }

    net::connection_pool::lease lease_;
    net::stream& bytes_;
    const http1_limits& limits_;
    http1_writer writer_;
    http1_reader reader_;
    http::head_finder finder_;  // of the head that arrives
    std::size_t parsed_ = 0;    // bytes of the reader's memory that are dealt with
    std::size_t received_ = 0;
    http::method verb_ = http::method::other;
    bool names_a_user_ = false;
    bool any_byte_ = false;
    bool persists_ = false;  // as far as the heads tell
};

// The connections of one worker, as places for requests: each from the memory of the coroutines.
class http1_upstream final : public outbound_source {
public:
    // `blocks` outlives this object.
    http1_upstream(std::shared_ptr<net::connection_pool> pool, net::buffer_pool& blocks,
                   const http1_limits& limits)
        : pool_(std::move(pool)), blocks_(blocks), limits_(limits) {}

    outbound_pointer lease_idle(net::party* holder) override;
    core::task<core::result<outbound_pointer>> lease(net::connection_pool::preference which,
                                                     net::party* holder) override;

private:
    friend class http1_outbound;

    outbound_pointer place_on(net::connection_pool::lease&& lease);

    const std::shared_ptr<net::connection_pool> pool_;
    net::buffer_pool& blocks_;
    const http1_limits limits_;
};

}  // namespace gate::protocol

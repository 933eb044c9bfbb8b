#pragma once
// A request on an HTTP/1.1 connection from a client: framing, early answers, and what becomes of the
// connection afterwards.

#include <gate/config/config.hpp>
#include <gate/protocol/exchange_memory.hpp>
#include <gate/protocol/http1_reader.hpp>
#include <gate/protocol/http1_writer.hpp>
#include <gate/protocol/inbound.hpp>

namespace gate::protocol {

// What becomes of the connection after an exchange.
enum class afterwards : std::uint8_t {
    keep,     // the next request may come
    discard,  // the same, after what is left of this one's body
    close,    // nothing of ours is unread on the other side
    linger,   // the client may still be sending: it must be able to read our answer before it sees a reset
    abort,    // the response was cut: the client must not take it for whole
};

// Who keeps the connection.
class http1_owner {
public:
    // Rule 27: a client that does not take a reply keeps its connection no better than one that sends
    // nothing.
    virtual void on_reply_waits() noexcept = 0;

protected:
    ~http1_owner() = default;
};

// What all connections of a worker share. Everything outlives them.
struct http1_shared {
    net::buffer_pool& blocks;
    arrival_block& arrival;
    head_scratch& scratch;
    const bool& draining;  // every response is the last of its connection
};

class http1_inbound final : public inbound {
public:
    // All outlive this object. `is_last`: the connection takes no further request.
    http1_inbound(const http1_shared& shared, http1_owner& owner, net::stream& bytes, exchange_memory& memory,
                  const config::limit_options& limits, bool is_last) noexcept
        : shared_(shared),
          owner_(owner),
          bytes_(bytes),
          memory_(memory),
          limits_(limits),
          reader_(bytes, shared.blocks),
          writer_(bytes),
          persists_(!is_last) {}
    ~http1_inbound() {
        if (!unchecked_.empty()) forget_unchecked();
        bytes_.stop_watching();
    }
    http1_inbound(const http1_inbound&) = delete;
    http1_inbound& operator=(const http1_inbound&) = delete;

    // Reads the head at the beginning of the memory. Errors: those of http::read_request.
    core::result<void> read_request(std::size_t head_size, const http::reading_rules& rules);

    // To be asked when the exchange has ended.
    afterwards what_next() const noexcept;
    // Reads what is left of the body and throws it away; false if it does not come in time, or is too much.
    core::task<bool> discard_body();

    const http::request_facts& asked() const noexcept override { return memory_.asked; }
    bool is_body_read() const noexcept override { return reader_.is_done(); }
    bool has_early_body() const noexcept override { return !reader_.came().empty(); }
    void keep_early_body() override;
    void give_up_body() noexcept override;
    void discard_unknown_body() noexcept override { discards_unknown_ = true; }
    body_piece received() override;
    body_piece read() override { return keep_rest(reader_.read()); }
    std::string_view trailers() const noexcept override { return reader_.trailers(); }
    void release() noexcept override;
    void note_passed_on(bool immediately) noexcept override { reader_.note_passed_on(immediately); }
    bool begin_wait_to_read(net::readiness::callback call, void* self, core::time_point until) override;
    void interrupt_reading(net::wait_status why) override { bytes_.interrupt_reading(why); }

    sent try_send_head(const response& what, const response_lines& ours, const outgoing& first) override;
    sent try_send_interim(const response& what) override;
    sent try_send_reply(http::reply what, bool closes) override;
    sent try_send(const outgoing& piece) override { return writer_.send(piece); }
    sent flush() override { return writer_.flush(); }
    bool begin_wait_to_write(net::readiness::callback call, void* self, core::time_point until) override;
    void interrupt_writing(net::wait_status why) override { bytes_.interrupt_writing(why); }
    bool has_begun() const noexcept override { return has_begun_ || writer_.is_stuck(); }
    std::size_t head_bytes() const noexcept override { return head_bytes_; }
    std::size_t reply_bytes() const noexcept override { return reply_bytes_; }
    void stop_sending() noexcept override;
    void reset(core::reason why) noexcept override;

    void on_departure(departure_callback call, void* self) override;
    void stop_watching() noexcept override { bytes_.stop_watching(); }
    raw_end switch_protocols(const response& what, const response_lines& ours, std::string& head) override;

private:
    enum class ending : std::uint8_t { none, refused, switched, gone, cut };

    static void on_event(void* self, net::wait_status status);
    std::span<char> take_arrival(std::span<char> copied);
    void forget_unchecked() noexcept;
    body_piece keep_rest(body_piece piece);
    bool can_discard_body() const noexcept;
    bool may_keep() const noexcept;

    const http1_shared& shared_;
    http1_owner& owner_;
    net::stream& bytes_;
    exchange_memory& memory_;
    const config::limit_options& limits_;
    http1_reader reader_;
    http1_writer writer_;
    std::span<char> unchecked_;  // what has come after the head, until it is known to be body alone
    departure_callback call_ = nullptr;
    void* called_ = nullptr;
    std::size_t head_bytes_ = 0;
    std::size_t reply_bytes_ = 0;
    ending ending_ = ending::none;
    bool persists_;
    bool keeps_ = false;  // as the response says
    bool has_begun_ = false;
    bool is_body_given_up_ = false;
    bool discards_unknown_ = false;
    bool is_reply_ = false;
};

}  // namespace gate::protocol

// How a tls_state writes.
#include "socket_calls.hpp"
#include "tls_state.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace gate::net {
namespace {

constexpr std::size_t record_size = SSL3_RT_MAX_PLAIN_LENGTH;
// How many records one send takes.
constexpr unsigned records_together = 4;

std::size_t size_of(std::span<const iovec> pieces) noexcept {
    std::size_t out = 0;
    for (const auto& piece : pieces) out += piece.iov_len;
    return out;
}

// One system call. A single piece costs the kernel less than a list.
ssize_t send_both(int descriptor, std::string_view first, std::string_view second) noexcept {
    if (first.empty()) return send_to(descriptor, second.data(), second.size());
    if (second.empty()) return send_to(descriptor, first.data(), first.size());
    std::array<iovec, 2> pieces{
        {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}}};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    return send_to(descriptor, message);
}

// What pieces hold, record by record.
class record_source {
public:
    record_source(std::span<const iovec> pieces, std::size_t from) noexcept : pieces_(pieces) { skip(from); }
    ~record_source() { forget(); }
    record_source(const record_source&) = delete;
    record_source& operator=(const record_source&) = delete;

    // Valid until the next call. Small pieces are copied together, so that a head and a small body are one
    // record. Empty: there is nothing more, or no memory.
    std::string_view next() noexcept {
        forget();
        if (pieces_.empty()) return {};
        const auto first = rest_of_first();
        if (first.size() >= record_size || pieces_.size() == 1) {
            skip(std::min(first.size(), record_size));
            return first.substr(0, record_size);
        }
        const auto room = together_.room();
        std::size_t copied = 0;
        while (!pieces_.empty() && copied < std::min(room.size(), record_size)) {
            const auto more = rest_of_first().copy(room.data() + copied, record_size - copied);
            copied += more;
            skip(more);
        }
        together_.add(copied);
        return together_.bytes();
    }

private:
    std::string_view rest_of_first() const noexcept {
        return {static_cast<const char*>(pieces_[0].iov_base) + offset_, pieces_[0].iov_len - offset_};
    }
    void skip(std::size_t bytes) noexcept {
        offset_ += bytes;
        while (!pieces_.empty() && offset_ >= pieces_[0].iov_len) {
            offset_ -= pieces_[0].iov_len;
            pieces_ = pieces_.subspan(1);
        }
    }
    // Rule 25: a token may be in it.
    void forget() noexcept {
        if (together_.is_empty()) return;
        const auto bytes = together_.bytes();
        ::explicit_bzero(const_cast<char*>(bytes.data()), bytes.size());
        together_.clear();
    }

    std::span<const iovec> pieces_;
    std::size_t offset_ = 0;  // in the first of them
    tls_block together_;
};

}  // namespace

io_result tls_state::write(const tls_socket& on, std::span<const iovec> pieces) noexcept {
    const auto blocked = io_result{.bytes = 0, .error = EAGAIN, .eof = false};
    begin(on, 0);
    if (write_failure_ == 0 && !outgoing_.is_empty()) send();
    if (write_failure_ != 0) return {.bytes = 0, .error = write_failure_, .eof = false};
    if (!outgoing_.is_empty()) return blocked;
    const auto total = size_of(pieces);
    if (total == 0) return {};
    std::size_t sent = repeats_ ? 1 : 0;
    repeats_ = false;
    auto done = write_records(pieces, sent, sent);
    release_buffers();
    if (write_failure_ != 0) done = sent;
    if (!outgoing_.is_empty() && done == total && write_failure_ == 0) {
        repeats_ = true;
        --done;
    }
    if (done > 0) return {.bytes = done, .error = 0, .eof = false};
    if (write_failure_ != 0) return {.bytes = 0, .error = write_failure_, .eof = false};
    return blocked;
}

// Returns how much has been encrypted, until the socket takes no more; `sent`: of which the socket has taken
// all.
std::size_t tls_state::write_records(std::span<const iovec> pieces, std::size_t from,
                                     std::size_t& sent) noexcept {
    const auto total = size_of(pieces);
    record_source source(pieces, from);
    unsigned together = 0;
    while (from < total) {
        const auto record = source.next();
        const bool is_last = from + record.size() == total || ++together == records_together;
        if (is_last) together = 0;
        sends_immediately_ = is_last;
        std::size_t written = 0;
        if (record.empty()) {
            write_failure_ = ENOMEM;
        } else if (SSL_write_ex(ssl_.get(), record.data(), record.size(), &written) != 1) {
            if (write_failure_ == 0) write_failure_ = EPROTO;
        } else if (is_last && !outgoing_.is_empty() && !is_blocked_) {
            send();  // the peer has asked for smaller records: there were several
        }
        if (write_failure_ != 0) break;
        from += written;
        if (outgoing_.is_empty()) {
            sent = from;
        } else if (is_last) {
            break;
        }
    }
    return from;
}

bool tls_state::put_out(std::string_view record) noexcept {
    if (write_failure_ != 0) return false;
    if (std::exchange(sends_immediately_, false)) {
        send(record);
        return write_failure_ == 0;
    }
    if (outgoing_.room().size() < record.size()) send();
    return keep(record);
}

bool tls_state::keep(std::string_view ciphertext) noexcept {
    if (ciphertext.empty()) return true;
    const auto room = outgoing_.room();
    if (room.size() < ciphertext.size()) {
        write_failure_ = ENOBUFS;
        return false;
    }
    outgoing_.add(ciphertext.copy(room.data(), ciphertext.size()));
    return true;
}

// What waits, and `more` after it; what the socket does not take waits on.
void tls_state::send(std::string_view more) noexcept {
    while (!outgoing_.is_empty() || !more.empty()) {
        const auto kept = outgoing_.bytes();
        ssize_t put = 0;
        do {
            put = send_both(socket_->descriptor, kept, more);
        } while (put < 0 && errno == EINTR);
        if (put < 0) {
            if (errno != EAGAIN) {
                write_failure_ = errno;
                outgoing_.clear();
                return;
            }
            is_blocked_ = true;
            if (socket_->writing != nullptr) socket_->writing->set_exhausted();
            (void)keep(more);
            return;
        }
        const auto of_kept = std::min(static_cast<std::size_t>(put), kept.size());
        more.remove_prefix(static_cast<std::size_t>(put) - of_kept);
        if (of_kept > 0) outgoing_.remove(of_kept);
    }
}

// What has not been sent, or could not be, leaves the peer without a close_notify: for it the rest is cut
// (rule 26).
bool tls_state::end(const tls_socket& on) noexcept {
    if (facts_ == nullptr || write_failure_ != 0) return true;
    if (!has_sent_end_) {
        if (!may_end_ || repeats_ || !outgoing_.is_empty()) return true;
        begin(on, 0);
        has_sent_end_ = true;
        sends_immediately_ = true;
        SSL_shutdown(ssl_.get());
        ERR_clear_error();
    } else {
        begin(on, 0);
    }
    if (!outgoing_.is_empty()) send();
    release_buffers();
    return outgoing_.is_empty() || write_failure_ != 0;
}

}  // namespace gate::net

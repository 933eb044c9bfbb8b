#include "tls_state.hpp"

#include "socket_calls.hpp"
#include "tls_bio.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace gate::net {
namespace {

// A record at its largest: what a read takes from the socket at least, however little the caller wants.
constexpr std::size_t largest_record = 17 * 1024;

// How many messages of the handshake may come after it, and in which time: each costs much more than it
// costs its sender.
constexpr unsigned most_messages = 16;
constexpr std::chrono::minutes messages_time{1};

io_result failed(int error) noexcept {
    return {.bytes = 0, .error = error, .eof = false};
}

}  // namespace

// From 3.2 on, OpenSSL's buffer does not stay where it is until we give it back: a new key brings a new one.
bool tls_wipes_buffers() noexcept {
    static const bool is_so = OpenSSL_version_num() < 0x30200000UL;
    return is_so;
}

void tls_state_deleter::operator()(tls_state* state) const noexcept {
    delete state;
}

tls_state::tls_state(ssl_pointer ssl, std::shared_ptr<const void> keeps)
    : keeps_(std::move(keeps)), ssl_(std::move(ssl)) {
    auto* const bio = tls_bio::make(*this).release();
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), this);
}

// OpenSSL would never resume the session of a connection that ends without a close_notify, which says nothing
// about the session.
tls_state::~tls_state() {
    if (facts_ != nullptr) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void tls_state::begin(const tls_socket& on, std::size_t most) noexcept {
    socket_ = &on;
    read_limit_ = std::clamp(most, largest_record, tls_block::capacity);
    may_fill_ = true;
    is_emptied_ = sends_immediately_ = is_blocked_ = false;
    if (ERR_peek_error() != 0) ERR_clear_error();  // SSL_get_error would take it for one of this call
}

bool tls_state::has_input() const noexcept {
    return !incoming_.is_empty() || SSL_pending(ssl_.get()) > 0;
}

// OpenSSL has no part of a record.
bool tls_state::is_between_records() const noexcept {
    return SSL_rstate_string(ssl_.get())[1] == 'H' &&
           (SSL_has_pending(ssl_.get()) == 0 || SSL_pending(ssl_.get()) > 0);
}

bool tls_state::is_quiet() const noexcept {
    return facts_ != nullptr && !has_input() && is_between_records() && outgoing_.is_empty() && !repeats_ &&
           !has_ended_ && failure_ == 0 && write_failure_ == 0;
}

// Rule 25: OpenSSL's buffer is not given back with the plaintext that it has decrypted in it.
void tls_state::release_buffers() noexcept {
    if (!is_between_records() || SSL_pending(ssl_.get()) > 0) return;
    if (decrypted_begin_ != nullptr)
        ::explicit_bzero(decrypted_begin_, static_cast<std::size_t>(decrypted_end_ - decrypted_begin_));
    decrypted_begin_ = decrypted_end_ = nullptr;
    SSL_free_buffers(ssl_.get());
}

tls_step tls_state::shake(const tls_socket& on) noexcept {
    begin(on, 0);
    if (!outgoing_.is_empty()) send();
    if (write_failure_ == 0 && outgoing_.is_empty()) {
        const int result = SSL_do_handshake(ssl_.get());
        if (result != 1) note_failure();
        if (!outgoing_.is_empty()) send();
    }
    if (failure_ != 0 || write_failure_ != 0) return tls_step::failed;
    if (!outgoing_.is_empty()) return tls_step::wants_write;
    if (SSL_is_init_finished(ssl_.get()) != 0) return tls_step::done;
    on.reading.set_exhausted();
    return tls_step::wants_read;
}

// Of the reading side: nothing to do if it only has to wait.
void tls_state::note_failure() noexcept {
    switch (SSL_get_error(ssl_.get(), 0)) {
        case SSL_ERROR_WANT_READ: return;
        case SSL_ERROR_ZERO_RETURN: has_ended_ = true; return;
        case SSL_ERROR_SYSCALL:  // the socket's end is no end of what is inside
            if (failure_ == 0) failure_ = ECONNRESET;
            return;
        default:
            failure_ = EPROTO;
            if (failure_code_ == 0) failure_code_ = ERR_peek_error();
            if (write_failure_ == 0) write_failure_ = EPROTO;
    }
}

io_result tls_state::read(const tls_socket& on, std::span<char> into) noexcept {
    if (into.empty()) return {};
    begin(on, into.size());
    std::size_t done = 0;
    bool goes_on = failure_ == 0 && !has_ended_;
    while (goes_on && done < into.size()) {
        std::size_t more = 0;
        if (SSL_read_ex(ssl_.get(), into.data() + done, into.size() - done, &more) == 1) {
            done += more;
            may_fill_ = !is_emptied_ && into.size() - done >= tls_block::capacity;
            goes_on = may_fill_ || has_input();
        } else {
            note_failure();
            goes_on = false;
        }
    }
    if (!outgoing_.is_empty()) send();
    const bool is_over = failure_ != 0 || has_ended_;
    // No event will tell of what has left the socket, also where it was read before an event came (rule 21).
    if (is_over || has_input()) {
        on.reading.set_ready();
    } else if (is_emptied_) {
        on.reading.set_exhausted();
    }
    // Else what is written in answer does it: for both buffers that costs no more than for one.
    if (done == 0 || is_over) release_buffers();
    if (done > 0) return {.bytes = done, .error = 0, .eof = false};
    if (failure_ != 0) return failed(failure_);
    return has_ended_ ? io_result{.bytes = 0, .error = 0, .eof = true} : failed(EAGAIN);
}

stream::peer_state tls_state::look(const tls_socket& on, stream::peer_state below) noexcept {
    if (facts_ == nullptr) return below;
    bool has_data = failure_ != 0 || has_ended_;
    if (!has_data && (below.has_data || has_input())) {
        begin(on, 0);
        char first = 0;
        std::size_t size = 0;
        has_data = SSL_peek_ex(ssl_.get(), &first, 1, &size) == 1;
        if (!has_data) {
            note_failure();
            // Rule 30: what a record begins that has not come to its end may follow our next request.
            has_data = failure_ != 0 || has_ended_ || !is_between_records();
            if (!has_data) on.reading.set_exhausted();
        }
        if (!outgoing_.is_empty()) send();
        release_buffers();
    } else if (!has_data) {
        has_data = !is_between_records();  // it has begun behind what was read
    }
    if (has_data) on.reading.set_ready();
    return {
        .has_data = has_data, .ended = below.ended || has_ended_, .gone = below.gone || write_failure_ != 0};
}

// Whether the socket has had something.
bool tls_state::fill() noexcept {
    const auto room = incoming_.room();
    if (room.empty()) {
        failure_ = ENOMEM;
        return false;
    }
    const auto most = std::min(room.size(), read_limit_);
    ssize_t got = 0;
    do {
        got = receive_from(socket_->descriptor, room.data(), most);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        const int error = got < 0 ? errno : ECONNRESET;
        incoming_.clear();
        is_emptied_ = error == EAGAIN;
        if (!is_emptied_) failure_ = error;
        return false;
    }
    incoming_.add(static_cast<std::size_t>(got));
    is_emptied_ = static_cast<std::size_t>(got) < most && socket_->reading.short_reads_tell();
    return true;
}

bool tls_state::take_in(char* to, std::size_t wanted, std::size_t& taken) noexcept {
    if (failure_ != 0) return false;
    if (incoming_.is_empty() && (!may_fill_ || is_emptied_ || !fill())) return false;
    taken = incoming_.bytes().copy(to, wanted);
    incoming_.remove(taken);
    if (facts_ != nullptr && tls_wipes_buffers()) {
        decrypted_end_ = decrypted_begin_ == nullptr ? to + taken : std::max(decrypted_end_, to + taken);
        decrypted_begin_ = decrypted_begin_ == nullptr ? to : std::min(decrypted_begin_, to);
    }
    return true;
}

void tls_state::count_message() noexcept {
    if (facts_ == nullptr) return;
    const auto now = core::clock::now();
    if (now - messages_.since > messages_time) {
        messages_.since = now;
        messages_.count = 0;
    }
    if (++messages_.count > most_messages) failure_ = write_failure_ = EPROTO;
}

}  // namespace gate::net

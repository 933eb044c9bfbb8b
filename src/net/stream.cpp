#include "socket_calls.hpp"
#include "tls_state.hpp"

#include <gate/core/shared_scratch.hpp>
#include <gate/net/stream.hpp>

#include <cassert>
#include <utility>

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gate::net {
namespace {

void set_option(int fd, int level, int name, int value) noexcept {
    ::setsockopt(fd, level, name, &value, sizeof value);
}

io_result failed(int error) noexcept {
    return {.bytes = 0, .error = error, .eof = false};
}

}  // namespace

stream::stream(core::stream_socket socket, deadline_wheel& wheel)
    : socket_(std::move(socket)), wheel_(wheel), reading_(socket_, direction::read, wheel) {
    core::error_code ignored;
    socket_.non_blocking(true, ignored);
    set_option(socket_.native_handle(), IPPROTO_TCP, TCP_NODELAY, 1);
}

stream::~stream() {
    if (tls_) end_tls();
    core::error_code ignored;
    socket_.close(ignored);
}

detached_socket::~detached_socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

detached_socket stream::detach() noexcept {
    core::error_code ec;
    if (tls_ && !tls_->is_quiet()) return {};
    const auto protocol = socket_.local_endpoint(ec).protocol();
    if (ec) return {};
    const int descriptor = socket_.release(ec);
    if (ec) return {};
    detached_socket out(protocol, descriptor);
    out.tls_ = std::move(tls_);
    return out;
}

std::unique_ptr<stream> stream::attach(detached_socket from, core::executor executor, deadline_wheel& wheel) {
    core::stream_socket socket(executor);
    core::error_code ec;
    if (from.descriptor_ < 0) return nullptr;
    socket.assign(from.protocol_, from.descriptor_, ec);
    if (ec) return nullptr;
    from.descriptor_ = -1;
    auto out = std::make_unique<stream>(std::move(socket), wheel);
    out->tls_ = std::move(from.tls_);
    return out;
}

// A connection that we have cut is no source of anything any more, least of all of an end: an end would make
// what is cut look complete (rule 26).
io_result stream::try_read(std::span<char> into) noexcept {
    if (is_cut_) return failed(ECANCELED);
    if (tls_) return tls_->read(below(), into);
    ssize_t got = 0;
    do {
        got = receive_from(socket_.native_handle(), into.data(), into.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        const int error = errno;
        if (error == EAGAIN) reading_.set_exhausted();
        return failed(error);
    }
    if (got == 0) return {.bytes = 0, .error = 0, .eof = !into.empty()};
    const auto bytes = static_cast<std::size_t>(got);
    if (bytes < into.size() && reading_.short_reads_tell()) reading_.set_exhausted();
    return {.bytes = bytes, .error = 0, .eof = false};
}

io_result stream::try_write(std::string_view data) noexcept {
    if (is_cut_) return failed(ECANCELED);
    if (tls_) {
        const iovec whole{const_cast<char*>(data.data()), data.size()};  // which is only read
        return tls_->write(below(), {&whole, 1});
    }
    ssize_t put = 0;
    do {
        put = send_to(socket_.native_handle(), data.data(), data.size());
    } while (put < 0 && errno == EINTR);
    if (put >= 0) return {.bytes = static_cast<std::size_t>(put), .error = 0, .eof = false};
    if (errno == EAGAIN && writing_) writing_->set_exhausted();
    return failed(errno);
}

io_result stream::try_write(std::span<const iovec> pieces) noexcept {
    if (pieces.size() == 1) {  // costs the kernel less than a list of one
        return try_write({static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len});
    }
    if (is_cut_) return failed(ECANCELED);
    if (tls_) return tls_->write(below(), pieces);
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg only reads them
    message.msg_iovlen = pieces.size();
    ssize_t put = 0;
    do {
        put = send_to(socket_.native_handle(), message);
    } while (put < 0 && errno == EINTR);
    if (put >= 0) return {.bytes = static_cast<std::size_t>(put), .error = 0, .eof = false};
    if (errno == EAGAIN && writing_) writing_->set_exhausted();
    return failed(errno);
}

stream::waiting stream::readable(core::time_point until) noexcept {
    return {&reading_, until};
}

stream::waiting stream::writable(core::time_point until) noexcept {
    return {&writing(), until};
}

readiness& stream::writing() noexcept {
    if (!writing_) {
        writing_ = std::make_unique<readiness>(socket_, direction::write, wheel_);
        writing_->set_exhausted();
    }
    return *writing_;
}

bool stream::begin_wait(direction which, readiness::callback call, void* self, core::time_point until) {
    core::expect_no_loans();
    auto& side = which == direction::read ? reading_ : writing();
    if (side.is_ready()) return false;
    side.wait(call, self, until);
    return true;
}

void stream::watch(readiness::callback call, void* self, core::time_point until) {
    reading_.wait(call, self, until);
}

bool stream::holds_more() const noexcept {
    return !tls_->is_quiet();
}

stream::peer_state stream::peek() noexcept {
    const auto seen = look(socket_.native_handle());
    if (!tls_ || is_cut_) return seen;
    return tls_->look(below(), seen);
}

stream::peer_state stream::look(int descriptor) noexcept {
    pollfd probe{descriptor, POLLIN | POLLRDHUP, 0};
    const int found = ::poll(&probe, 1, 0);
    if (found < 0)
        return {.has_data = true, .ended = false, .gone = false};  // unknown: it must not count as clean
    if (found == 0) return {};
    return {.has_data = (probe.revents & (POLLIN | POLLRDHUP)) != 0,
            .ended = (probe.revents & POLLRDHUP) != 0,
            .gone = (probe.revents & (POLLERR | POLLHUP)) != 0};
}

void stream::shutdown_send() noexcept {
    if (is_cut_) return;
    if (tls_ && !tls_->end(below())) {
        writing().wait(&stream::on_end_writable, this, core::never);
        return;
    }
    ::shutdown(socket_.native_handle(), SHUT_WR);
}

void stream::on_end_writable(void* self, wait_status status) {
    if (status == wait_status::ready) static_cast<stream*>(self)->shutdown_send();
}

bool stream::owes_bytes() const noexcept {
    return tls_->must_repeat();
}

tls_socket stream::below() noexcept {
    return {socket_.native_handle(), reading_, writing_.get()};
}

tls_step stream::shake_tls() noexcept {
    return tls_->shake(below());
}

void stream::set_tls(tls_state_pointer state) noexcept {
    tls_ = std::move(state);
}

// The peer learns that the connection has come to its end, unless it has been cut, or must look like that.
void stream::end_tls() noexcept {
    if (!is_cut_) (void)tls_->end(below());
    if (tls_->is_ending() && writing_) writing_->forget();
}

void stream::abort_on_close() noexcept {
    if (tls_) tls_->forbid_end();
    const linger now{1, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

// To dissolve the association is TCP's ABORT on Linux: RST now, while others still hold the descriptor. To
// shut down the sending side would send FIN first, which ends a body that lasts until the close. Where the
// system refuses (gVisor does), the close that follows soon is the RST.
void stream::cut() noexcept {
    if (std::exchange(is_cut_, true)) return;
    abort_on_close();
    sockaddr nobody{};
    nobody.sa_family = AF_UNSPEC;
    if (::connect(socket_.native_handle(), &nobody, sizeof nobody) != 0) {
        ::shutdown(socket_.native_handle(), SHUT_RD);
        reading_.expire();
        if (writing_) writing_->expire();
    }
    reading_.set_ready();
    if (writing_) writing_->set_ready();
}

}  // namespace gate::net

#include <gate/core/signals.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/system/system_error.hpp>

#include <cerrno>
#include <utility>

#include <pthread.h>
#include <signal.h>

namespace gate::core {
namespace {

int open_signals(std::initializer_list<int> numbers) {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : numbers) ::sigaddset(&set, number);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    const int descriptor = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (descriptor < 0)
        throw boost::system::system_error(errno, boost::system::system_category(), "signalfd");
    return descriptor;
}

}  // namespace

void leave_signals_to_main() noexcept {
    sigset_t from_outside;
    ::sigfillset(&from_outside);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) {
        ::sigdelset(&from_outside, fault);
    }
    ::pthread_sigmask(SIG_BLOCK, &from_outside, nullptr);
}

signal_source::signal_source(asio::io_context& context, std::initializer_list<int> numbers)
    : descriptor_(context.get_executor(), open_signals(numbers)) {}

void signal_source::start(std::function<void(int)> then) {
    then_ = std::move(then);
    wait();
}

void signal_source::cancel() {
    error_code ignored;
    descriptor_.cancel(ignored);
}

void signal_source::wait() {
    descriptor_.async_read_some(asio::buffer(&received_, sizeof received_),
                                [this](const error_code& ec, std::size_t) {
                                    if (ec) return;
                                    then_(static_cast<int>(received_.ssi_signo));
                                    wait();
                                });
}

}  // namespace gate::core

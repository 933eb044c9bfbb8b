#include <gate/core/text.hpp>
#include <gate/store/command.hpp>
#include <gate/store/link.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace gate::store {
namespace {

constexpr std::size_t longest_word = 200;
// Bytes that are read without a break: what else the thread has to do comes in between.
constexpr std::size_t most_at_once = 256 * 1024;

// What the store said, without anything that a terminal or a log would not show.
std::string shown(std::string_view said) {
    return core::printable_text(said.substr(0, longest_word));
}

// AUTH and SELECT, where they are needed; `count` is that of their replies. A user without a password is
// still that user, and not the default one.
core::secret_string greeting(const link_options& options, unsigned& count) {
    const auto database = std::to_string(options.database);
    const auto& name = options.as.username;
    const auto password = options.as.password.reveal();
    constexpr std::size_t heads = 200;  // no part of it is left behind in memory that was too small
    std::string out;
    out.reserve(heads + name.size() + password.size());
    if (!name.empty()) {
        begin_command(out, 3);
        append_words(out, std::array<std::string_view, 3>{"AUTH", name, password});
        ++count;
    } else if (!password.empty()) {
        begin_command(out, 2);
        append_words(out, std::array<std::string_view, 2>{"AUTH", password});
        ++count;
    }
    if (options.database != 0) {
        begin_command(out, 2);
        append_words(out, std::array<std::string_view, 2>{"SELECT", database});
        ++count;
    }
    return core::secret_string(std::move(out));
}

}  // namespace

link::link(std::unique_ptr<net::stream> bytes, reply_limits limits)
    : bytes_(std::move(bytes)), replies_(limits) {}

core::task<link::opened> link::open(core::executor executor, net::deadline_wheel& wheel,
                                    std::shared_ptr<const net::address_list> addresses, link_options options,
                                    core::time_point until) {
    opened out;
    auto made = co_await net::connect(std::move(executor), wheel, std::move(addresses), nullptr, until);
    if (!made) {
        out.failure = fault::unreachable;
        co_return out;
    }
    if (options.tls.is_on()) {
        auto with = options.tls;
        const auto secured = co_await net::secure(*made->bytes, std::move(with), until, nullptr);
        if (!secured) {
            const auto why = core::reason_of(secured.error());
            out.failure =
                why == core::reason::upstream_connect_timeout ? fault::unreachable : fault::insecure;
            out.said = core::to_string(why);
            co_return out;
        }
    }
    auto own = std::make_unique<link>(std::move(made->bytes), options.limits);
    out = co_await own->log_in(std::move(options), until);
    if (out.failure == fault::none) out.own = std::move(own);
    co_return out;
}

core::task<link::opened> link::log_in(link_options options, core::time_point until) {
    opened out;
    unsigned count = 0;
    const auto text = greeting(options, count);
    if (count == 0) co_return out;
    out.failure = fault::garbled;
    if (is_quiet())
        out.failure = co_await send(text.reveal(), until);  // what has come is no answer (rule 30)
    while (out.failure == fault::none && count-- > 0) {
        const auto got = co_await receive(until);
        out.failure = got.failure;
        if (got.failure == fault::none && !got.value.is_text()) {
            out.failure = fault::refused;
            out.said =
                options.as.password.empty() ? shown(got.value.text) : std::string(code_in(got.value.text));
        }
    }
    if (out.failure == fault::late) out.failure = fault::unreachable;
    co_return out;
}

core::task<fault> link::send(std::string_view bytes, core::time_point until) {
    while (!bytes.empty()) {
        const auto put = bytes_->try_write(bytes);
        bytes.remove_prefix(put.bytes);
        if (bytes.empty()) break;
        if (put.error != 0 && !put.would_block()) co_return fault::broken;
        if (!put.would_block()) continue;
        const auto status = co_await bytes_->writable(until);
        if (status != net::wait_status::ready)
            co_return status == net::wait_status::timed_out ? fault::late : fault::broken;
    }
    co_return fault::none;
}

core::task<link::received> link::receive(core::time_point until, span silence) {
    received out;
    for (std::size_t taken = 0;;) {
        if (auto next = replies_.next()) {
            out.value = std::move(*next);
            break;
        }
        if (replies_.has_failed()) {
            out.failure = fault::garbled;
            break;
        }
        // What never ends is late, too.
        const auto now = core::clock::now();
        if (now >= until) {
            out.failure = fault::late;
            break;
        }
        const auto got = bytes_->try_read(buffer_);
        if (got.would_block()) {
            const auto silent_until = silence < until - now ? now + silence : until;
            const auto status = co_await bytes_->readable(silent_until);
            taken = 0;
            has_waited_ = true;
            if (status == net::wait_status::ready) continue;
            out.failure = status == net::wait_status::timed_out ? fault::late : fault::broken;
            break;
        }
        if (!got.ok()) {
            out.failure = fault::broken;
            break;
        }
        replies_.feed({buffer_.data(), got.bytes});
        taken += got.bytes;
        if (taken < most_at_once) continue;
        co_await core::asio::post(bytes_->socket().get_executor(), core::use_task);
        taken = 0;
        has_waited_ = true;
    }
    co_return out;
}

bool link::is_quiet() {
    if (replies_.is_between_replies() && bytes_->try_read(buffer_).would_block()) return true;
    cut();
    return false;
}

core::task<link::received> link::ask(std::string_view command, core::time_point until, span silence) {
    received out;
    if (!is_quiet()) {
        out.failure = fault::garbled;
        co_return out;
    }
    out.failure = co_await send(command, until);
    if (out.failure != fault::none) co_return out;
    has_waited_ = false;
    out = co_await receive(until, silence);
    // Who asks without end would hold the thread of a store that is never waited for, and fill its stack
    // where there are no tail calls.
    if (!has_waited_) co_await core::asio::post(bytes_->socket().get_executor(), core::use_task);
    co_return out;
}

}  // namespace gate::store

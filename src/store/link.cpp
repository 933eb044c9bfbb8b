#include <gate/store/command.hpp>
#include <gate/store/link.hpp>

#include <utility>

namespace gate::store {
namespace {

constexpr std::size_t longest_word = 200;

// What the store said, without anything that a terminal or a log would not show.
std::string shown(std::string_view said) {
    std::string out(said.substr(0, longest_word));
    for (auto& each : out)
        if (each < ' ' || each > '~') each = '?';
    return out;
}

// AUTH and SELECT, where they are needed; `count` is that of their replies.
core::secret_string greeting(const link_options& options, unsigned& count) {
    std::string out;
    if (!options.password.empty() && options.username.empty()) {
        out = command({"AUTH", options.password.reveal()});
        ++count;
    } else if (!options.password.empty()) {
        out = command({"AUTH", options.username, options.password.reveal()});
        ++count;
    }
    if (options.database != 0) {
        out += command({"SELECT", std::to_string(options.database)});
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
        out.why = fault::unreachable;
        co_return out;
    }
    if (options.tls.is_on()) {
        auto with = options.tls;
        const auto secured = co_await net::secure(*made->bytes, std::move(with), until, nullptr);
        if (!secured) {
            const auto why = core::reason_of(secured.error());
            out.why = why == core::reason::upstream_connect_timeout ? fault::unreachable : fault::insecure;
            out.said = core::to_string(why);
            co_return out;
        }
    }
    auto own = std::make_unique<link>(std::move(made->bytes), options.limits);
    out = co_await own->log_in(std::move(options), until);
    if (out.why == fault::none) out.own = std::move(own);
    co_return out;
}

core::task<link::opened> link::log_in(link_options options, core::time_point until) {
    opened out;
    unsigned count = 0;
    const auto text = greeting(options, count);
    if (count == 0) co_return out;
    out.why = co_await send(text.reveal(), until);
    while (out.why == fault::none && count-- > 0) {
        const auto got = co_await receive(until);
        out.why = got.why;
        if (got.why == fault::none && !got.value.is_text()) {
            out.why = fault::refused;
            out.said = shown(got.value.text);
        }
    }
    if (out.why == fault::late) out.why = fault::unreachable;
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

core::task<link::received> link::receive(core::time_point until) {
    received out;
    for (;;) {
        if (auto next = replies_.next()) {
            out.value = std::move(*next);
            break;
        }
        if (replies_.has_failed()) {
            out.why = fault::garbled;
            break;
        }
        const auto got = bytes_->try_read(buffer_);
        if (got.would_block()) {
            const auto status = co_await bytes_->readable(until);
            if (status == net::wait_status::ready) continue;
            out.why = status == net::wait_status::timed_out ? fault::late : fault::broken;
            break;
        }
        if (!got.ok()) {
            out.why = fault::broken;
            break;
        }
        replies_.feed({buffer_.data(), got.bytes});
    }
    co_return out;
}

bool link::is_quiet() {
    if (replies_.is_between_replies() && bytes_->try_read(buffer_).would_block()) return true;
    cut();
    return false;
}

core::task<link::received> link::ask(std::string_view command, core::time_point until) {
    received out;
    if (!is_quiet()) {
        out.why = fault::garbled;
        co_return out;
    }
    out.why = co_await send(command, until);
    if (out.why != fault::none) co_return out;
    out = co_await receive(until);
    co_return out;
}

}  // namespace gate::store

#include "link_options_of.hpp"
#include "open_log.hpp"

#include <gate/core/random.hpp>
#include <gate/core/text.hpp>
#include <gate/store/command.hpp>
#include <gate/store/fleet_requests.hpp>
#include <gate/store/log_replies.hpp>
#include <gate/store/log_trial.hpp>

#include <utility>

namespace gate::store {
namespace {

constexpr std::size_t longest_word = 200;

class trier {
public:
    trier(std::unique_ptr<link> over, const fleet_keys& keys, core::time_point until)
        : link_(std::move(over)),
          keys_(keys),
          until_(until),
          text_("doctor " + std::to_string(core::random_number())),
          key_(keys.key(":doctor:" + std::to_string(core::random_number()))) {}

    core::task<trial> run() {
        const auto began = core::clock::now();
        bool goes_on = co_await write();
        if (goes_on) goes_on = co_await read();
        out_.took = core::clock::now() - began;
        if (goes_on) {
            auto question = command({"DEL", key_});
            co_await ask(std::move(question));
        }
        co_return std::move(out_);
    }

private:
    core::task<bool> ask(std::string question) {
        auto got = co_await link_->ask(question, until_);
        out_.failure = got.failure;
        answer_ = std::move(got.value);
        if (got.failure == fault::none && answer_.is_error()) {
            out_.failure = fault::failed;
            out_.said = core::printable_text(answer_.text.substr(0, longest_word));
        }
        co_return out_.failure == fault::none;
    }

    core::task<bool> write() {
        const auto sealed = keys_.seal(text_, key_);
        auto question = command({"XADD", key_, "*", "m", sealed});
        const bool is_written = co_await ask(std::move(question));
        if (!is_written) co_return false;
        question = command({"PEXPIRE", key_, "10000"});
        const bool is_bounded = co_await ask(std::move(question));
        co_return is_bounded;
    }

    core::task<bool> read() {
        auto question = read_command(key_, {}, std::chrono::milliseconds(0));
        const bool is_read = co_await ask(std::move(question));
        if (!is_read) co_return false;
        const auto entries = entries_in(std::move(answer_));
        out_.came_back =
            entries && entries->size() == 1 && keys_.unseal(entries->front().message, key_) == text_;
        co_return true;
    }

    std::unique_ptr<link> link_;
    const fleet_keys& keys_;
    core::time_point until_;
    std::string text_;
    std::string key_;
    reply answer_;
    trial out_;
};

}  // namespace

core::task<trial> try_log(core::executor executor, net::deadline_wheel& wheel, fleet_log_options options,
                          const fleet_keys& keys, core::time_point until) {
    auto how = link_options_of(options);
    directory where(std::move(executor), wheel, std::move(options.url), std::move(how),
                    std::move(options.sentinel));
    auto log = key_names(keys).log();
    auto opened = co_await open_where_the_log_is(where, std::move(log), until);
    trial out;
    out.failure = opened.failure;
    out.said = std::move(opened.said);
    if (!opened.own) co_return out;
    trier trying(std::move(opened.own), keys, until);
    out = co_await trying.run();
    co_return out;
}

}  // namespace gate::store

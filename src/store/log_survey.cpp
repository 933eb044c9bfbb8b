#include "link_options_of.hpp"
#include "open_log.hpp"
#include "sealed_entries.hpp"

#include <gate/auth/fleet_clock.hpp>
#include <gate/core/text.hpp>
#include <gate/store/command.hpp>
#include <gate/store/directory.hpp>
#include <gate/store/log_survey.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace gate::store {
namespace {

constexpr core::duration patience{1'000};  // for the connection, and for each reply
constexpr int most_samples = 3;
constexpr std::size_t most_pages = 1'000;
constexpr std::size_t longest_word = 200;

// Each step is true, or `found` says why it is not.
class surveyor {
public:
    surveyor(std::unique_ptr<link> over, const fleet_keys& keys, survey_listener& listener,
             core::time_point until)
        : link_(std::move(over)), keys_(keys), names_(keys), listener_(listener), until_(until) {}

    core::task<survey> run() {
        bool goes_on = co_await read_clock();
        if (goes_on) goes_on = co_await read_log();
        if (goes_on) goes_on = co_await read_blocks();
        if (goes_on) co_await count_replicas();
        co_return std::move(found_);
    }

private:
    core::task<bool> ask(std::string question) {
        const core::time_point until = std::min<core::time_point>(until_, core::clock::now() + patience);
        auto got = co_await link_->ask(question, until);
        found_.failure = got.failure;
        answer_ = std::move(got.value);
        co_return got.failure == fault::none;
    }

    bool give_up() {
        found_.failure = answer_.is_error() ? fault::failed : fault::garbled;
        if (answer_.is_error()) found_.said = core::printable_text(answer_.text.substr(0, longest_word));
        return false;
    }

    core::task<bool> read_clock() {
        for (int tried = 0; tried < most_samples; ++tried) {
            const auto sent = auth::fleet_now();
            auto question = command({"TIME"});
            const bool is_answered = co_await ask(std::move(question));
            if (!is_answered) co_return false;
            const auto received = auth::fleet_now();
            const auto said = clock_in(answer_);
            if (!said) co_return give_up();
            if (received - sent > auth::fleet_clock::slowest_sample) continue;
            listener_.sampled({*said, sent, received});
            co_return true;
        }
        found_.failure = fault::late;
        co_return false;
    }

    // As far as it was at the beginning.
    core::task<bool> read_log() {
        auto question = look_command(names_.log());
        bool is_answered = co_await ask(std::move(question));
        if (!is_answered) co_return false;
        const auto newest = newest_in(answer_);
        if (!newest) co_return give_up();
        auth::log_position after;
        while (after < *newest) {
            question = read_command(names_.log(), after, std::chrono::milliseconds(0));
            is_answered = co_await ask(std::move(question));
            if (!is_answered) co_return false;
            if (answer_.is_error()) co_return give_up();
            const auto entries = entries_in(std::move(answer_));
            if (!entries || (!entries->empty() && entries->front().id <= after)) co_return give_up();
            if (entries->empty()) break;
            hear(*entries);
            after = entries->back().id;
        }
        co_return true;
    }

    core::task<bool> read_blocks() {
        std::string cursor = "0";
        for (std::size_t page = 0; page < most_pages; ++page) {
            auto question = command({"HSCAN", names_.blocks(), cursor, "COUNT", "200"});
            const bool is_answered = co_await ask(std::move(question));
            if (!is_answered) co_return false;
            if (answer_.items.size() != 2) co_return give_up();
            const auto& fields = answer_.items[1];
            for (std::size_t i = 0; i + 1 < fields.items.size(); i += 2)
                hear(open_block(fields.text_at(i), fields.text_at(i + 1), keys_, names_));
            cursor = answer_.text_at(0);
            if (cursor == "0") co_return true;
        }
        co_return give_up();
    }

    core::task<bool> count_replicas() {
        auto question = command({"ZCARD", names_.replicas()});
        const bool is_answered = co_await ask(std::move(question));
        if (is_answered && answer_.is_number())
            found_.replicas = static_cast<unsigned>(std::clamp<std::int64_t>(answer_.number, 0, 100));
        co_return is_answered;
    }

    void hear(std::span<const log_entry> entries) {
        fleet_keys::opener with(keys_);
        for (const auto& each : entries) hear(open_entry(each, with, names_));
    }

    void hear(const opened_message& opened) {
        if (const auto* message = std::get_if<auth::fleet_message>(&opened)) {
            listener_.heard(*message);
        } else if (std::get<auth::fleet_defect>(opened) == auth::fleet_defect::unsealed) {
            ++found_.unsealed;
        }
    }

    std::unique_ptr<link> link_;
    const fleet_keys& keys_;
    const key_names names_;
    survey_listener& listener_;
    core::time_point until_;
    reply answer_;
    survey found_;
};

}  // namespace

core::task<survey> survey_store(core::executor executor, net::deadline_wheel& wheel,
                                fleet_log_options options, const fleet_keys& keys, survey_listener& listener,
                                core::time_point until) {
    auto how = link_options_of(options);
    directory where(std::move(executor), wheel, std::move(options.url), std::move(how),
                    std::move(options.sentinel));
    auto log = key_names(keys).log();
    const core::time_point soon = std::min<core::time_point>(until, core::clock::now() + patience);
    auto opened = co_await open_where_the_log_is(where, std::move(log), soon);
    survey out;
    out.failure = opened.failure;
    out.said = std::move(opened.said);
    if (!opened.own) co_return out;
    surveyor reading(std::move(opened.own), keys, listener, until);
    out = co_await reading.run();
    co_return out;
}

}  // namespace gate::store

#include "fleet_blocks.hpp"

#include "sealed_entries.hpp"

#include <gate/store/command.hpp>
#include <gate/store/message_codec.hpp>

#include <utility>

namespace gate::store {
namespace {

constexpr std::size_t most_pages = 1'000;
constexpr int most_tries = 3;
// Clocks of replicas differ: one that has ended lately may still count elsewhere.
constexpr auth::store_span overlap = std::chrono::seconds(10);

bool is_lifting(const auth::fleet_message& block) {
    return block.until <= block.at;
}

}  // namespace

core::task<bool> fleet_blocks::merge() {
    standing_by_field there;
    bool is_done = co_await read(there);
    if (is_done) is_done = co_await write_newer(there);
    co_return is_done;
}

core::task<bool> fleet_blocks::read(standing_by_field& into) {
    std::string cursor = "0";
    for (std::size_t page = 0; page < most_pages; ++page) {
        auto question = command({"HSCAN", on_.names.blocks(), cursor, "COUNT", "200"});
        auto got = co_await on_.ask(std::move(question), operation::blocks);
        const bool is_damaged = got.value.is_error("WRONGTYPE");
        const bool is_page = got.value.items.size() == 2;
        if (is_damaged) on_.listener.rejected(auth::fleet_defect::type);
        if (is_damaged || (is_page && got.value.items[1].is == reply::form::too_large)) {
            auto deletion = command({"DEL", on_.names.blocks()});
            const auto deleted = co_await on_.ask(std::move(deletion), operation::blocks);
            into.clear();
            co_return deleted.failure == fault::none;
        }
        if (got.failure != fault::none) co_return false;
        if (!is_page || !got.value.items[1].is_list()) {
            on_.listener.rejected(auth::fleet_defect::reply);
            co_return false;
        }
        cursor = got.value.text_at(0);
        const bool goes_on = co_await take_page(std::move(got.value.items[1]), into);
        if (!goes_on) co_return false;
        if (cursor == "0" || cursor.empty()) co_return true;
    }
    co_return false;
}

// What is none of ours is taken away.
core::task<bool> fleet_blocks::take_page(reply page, standing_by_field& into) {
    for (std::size_t i = 0; i + 1 < page.items.size(); i += 2) {
        const auto& name = page.items[i];
        const auto& value = page.items[i + 1];
        if (!name.is_text()) {
            on_.listener.rejected(auth::fleet_defect::size);
            continue;
        }
        std::optional<auth::fleet_message> block;
        if (value.is_text()) {
            block = block_in(name.text, value.text);
        } else {
            on_.listener.rejected(auth::fleet_defect::size);
        }
        if (block && !is_over(*block)) {
            on_.listener.heard(*block);
            if (into.size() < 2 * on_.bounds.blocks)
                into[name.text] = {value.text, block->at, is_lifting(*block)};
            continue;
        }
        // One that is too large to be read cannot be compared either.
        auto removal = command({"HDEL", on_.names.blocks(), name.text});
        auto call = put_call(name.text, value.text, {});
        auto asking = value.is_text() ? on_.ask(std::move(call), operation::blocks)
                                      : on_.ask(std::move(removal), operation::blocks);
        const auto removed = co_await std::move(asking);
        if (removed.failure != fault::none) co_return false;
    }
    co_return true;
}

std::optional<auth::fleet_message> fleet_blocks::block_in(const std::string& field,
                                                          const std::string& sealed) {
    auto opened = open_block(field, sealed, on_.keys, on_.names);
    if (auto* block = std::get_if<auth::fleet_message>(&opened)) return std::move(*block);
    on_.listener.rejected(std::get<auth::fleet_defect>(opened));
    return {};
}

// A lifting stays while there is room: it is needed for as long as somebody may hold what it lifts.
bool fleet_blocks::is_over(const auth::fleet_message& block) const {
    const auto now = on_.listener.to_store(core::clock::now());
    return now && !is_lifting(block) && block.until + overlap < *now;
}

core::task<bool> fleet_blocks::write_newer(standing_by_field& there) {
    const auto ours = on_.listener.blocks();
    for (const auto& block : ours) {
        if (is_over(block)) continue;
        const auto field = on_.keys.name_of_account(block.account);
        const auto found = there.find(field);
        if (found != there.end() && found->second.at >= block.at) continue;
        const auto expected = found == there.end() ? std::string() : found->second.sealed;
        // Where another one stands by now, the next merge decides.
        auto put = co_await replace(field, expected, block);
        if (put == put_answer::full && !is_lifting(block)) {
            put = co_await make_room(there);
            if (put == put_answer::done) put = co_await replace(field, expected, block);
        }
        if (put == put_answer::failed) co_return false;
    }
    co_return true;
}

// Takes away the oldest lifting: no block is left out for one.
core::task<fleet_blocks::put_answer> fleet_blocks::make_room(standing_by_field& there) {
    auto oldest = there.end();
    for (auto each = there.begin(); each != there.end(); ++each) {
        if (!each->second.is_lifting) continue;
        if (oldest == there.end() || each->second.at < oldest->second.at) oldest = each;
    }
    if (oldest == there.end()) co_return put_answer::full;
    auto call = put_call(oldest->first, oldest->second.sealed, {});
    there.erase(oldest);
    const auto removed = co_await on_.ask(std::move(call), operation::blocks);
    co_return removed.failure == fault::none ? put_answer::done : put_answer::failed;
}

core::task<fleet_blocks::put_answer> fleet_blocks::replace(const std::string& field,
                                                           const std::string& expected,
                                                           const auth::fleet_message& block) {
    auto sealed = on_.keys.seal(write(block), place_of_block(field, on_.names));
    auto call = put_call(field, expected, std::move(sealed));
    const auto put = co_await on_.ask(std::move(call), operation::blocks);
    if (put.failure != fault::none) co_return put_answer::failed;
    const auto said = put.value.text_at(0);
    if (said == "full") co_return put_answer::full;
    co_return said == "done" ? put_answer::done : put_answer::other;
}

core::task<bool> fleet_blocks::put(auth::fleet_message block) {
    const auto field = on_.keys.name_of_account(block.account);
    for (int tried = 0; tried < most_tries; ++tried) {
        auto question = command({"HGET", on_.names.blocks(), field});
        const auto got = co_await on_.ask(std::move(question), operation::blocks);
        if (got.failure != fault::none && !got.value.is_error("WRONGTYPE")) co_return true;
        if (got.value.is_text()) {
            const auto stands = block_in(field, got.value.text);
            if (stands && stands->at >= block.at) co_return true;
        }
        const auto expected = got.value.is_text() ? got.value.text : std::string();
        const auto put = co_await replace(field, expected, block);
        if (put != put_answer::other) co_return put != put_answer::full;
    }
    co_return true;
}

script_call fleet_blocks::put_call(std::string field, std::string expected, std::string value) const {
    return {&put_block_script(),
            {on_.names.blocks()},
            {std::move(field), std::move(expected), std::move(value), std::to_string(on_.bounds.blocks)}};
}

}  // namespace gate::store

#include <gate/store/command.hpp>
#include <gate/store/log_replies.hpp>

#include <charconv>

namespace gate::store {
namespace {

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (ec != std::errc() || end != text.data() + text.size()) return {};
    return out;
}

std::optional<log_entry> entry_in(reply& from) {
    if (!from.is_list() || from.items.size() != 2) return {};
    const auto id = position_in(from.text_at(0));
    if (!id) return {};
    log_entry out{.id = *id};
    auto& fields = from.items[1];
    out.is_too_large = fields.is == reply::form::too_large;
    for (const auto& each : fields.items)
        if (each.is == reply::form::too_large) out.is_too_large = true;
    out.is_malformed = fields.items.size() != 2 || fields.text_at(0) != "m" || !fields.items[1].is_text();
    if (!out.is_too_large && !out.is_malformed) out.message = std::move(fields.items[1].text);
    return out;
}

}  // namespace

std::optional<auth::log_position> position_in(std::string_view text) {
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return {};
    const auto milliseconds = number_in(text.substr(0, dash));
    const auto sequence = number_in(text.substr(dash + 1));
    if (!milliseconds || !sequence) return {};
    return auth::log_position{*milliseconds, *sequence};
}

std::string to_text(const auth::log_position& position) {
    return std::to_string(position.milliseconds) + "-" + std::to_string(position.sequence);
}

std::string read_command(std::string_view key, const auth::log_position& after,
                         std::chrono::milliseconds wait) {
    const auto count = std::to_string(most_entries);
    const auto id = to_text(after);
    if (wait.count() == 0) return command({"XREAD", "COUNT", count, "STREAMS", key, id});
    return command({"XREAD", "COUNT", count, "BLOCK", std::to_string(wait.count()), "STREAMS", key, id});
}

std::optional<std::vector<log_entry>> entries_in(reply&& answer) {
    std::vector<log_entry> out;
    if (answer.is == reply::form::nothing) return out;
    if (!answer.is_list() || answer.items.size() != 1) return {};
    auto& stream = answer.items[0];
    if (!stream.is_list() || stream.items.size() != 2 || !stream.items[1].is_list()) return {};
    auto& entries = stream.items[1].items;
    if (entries.size() > most_entries) return {};
    out.reserve(entries.size());
    for (auto& each : entries) {
        auto entry = entry_in(each);
        if (!entry || (!out.empty() && entry->id <= out.back().id)) return {};
        out.push_back(std::move(*entry));
    }
    return out;
}

std::string look_command(std::string_view key) {
    return command({"XINFO", "STREAM", key});
}

std::optional<auth::log_position> newest_in(const reply& answer) {
    if (answer.is_error() && answer.text.find("no such key") != std::string::npos)
        return auth::log_position{};
    if (!answer.is_list()) return {};
    for (std::size_t i = 0; i + 1 < answer.items.size(); i += 2)
        if (answer.text_at(i) == "last-generated-id") return position_in(answer.text_at(i + 1));
    return {};
}

}  // namespace gate::store

#include <gate/emulator/token_store.hpp>

namespace gate::emulator {
namespace {

constexpr std::string_view token_prefix = "agt_";
constexpr std::size_t longest_body = 508;
constexpr std::size_t longest_account_body = 200;  // well under the 256 bytes that callers accept

bool is_token68(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/").find(c) != std::string_view::npos;
}

}  // namespace

bool is_plausible_token(std::string_view token) {
    if (!token.starts_with(token_prefix)) return false;
    std::string_view body = token.substr(token_prefix.size());
    if (body.size() > longest_body) return false;
    while (body.ends_with('=')) body.remove_suffix(1);
    if (body.empty()) return false;
    for (const char c : body)
        if (!is_token68(c)) return false;
    return true;
}

void token_store::put(std::string token, token_record record) {
    const wall_time created = record.created_at;
    entries_.insert_or_assign(std::move(token), entry{std::move(record), created});
}

bool token_store::erase(std::string_view token) {
    return entries_.erase(std::string(token)) != 0;
}

bool token_store::revoke(std::string_view token) {
    std::optional<token_record> known = find(token);
    if (!known) return false;
    known->status = "revoked";
    put(std::string(token), std::move(*known));
    return true;
}

token_lookup token_store::verify(std::string_view token, wall_time now) {
    const auto found = entries_.find(std::string(token));
    if (found == entries_.end() && !is_accepted(token)) return {};
    entry passing{accepted_record(token), now};
    entry& known = found == entries_.end() ? passing : found->second;

    token_standing standing = token_standing::valid;
    if (const auto end = expiry(known); end && *end <= now && !known.record.ignore_expiry)
        standing = token_standing::expired;
    if (known.record.status == "revoked") standing = token_standing::revoked;
    if (standing == token_standing::valid) known.last_used = now;
    const token_record& record = known.record;
    return {standing, {record.account, record.status, record.created_at, expiry(known)}};
}

std::optional<token_record> token_store::find(std::string_view token) const {
    if (const auto found = entries_.find(std::string(token)); found != entries_.end())
        return found->second.record;
    if (is_accepted(token)) return accepted_record(token);
    return std::nullopt;
}

bool token_store::is_accepted(std::string_view token) const {
    return accepted_prefix_ && token.starts_with(*accepted_prefix_) && is_plausible_token(token);
}

token_record token_store::accepted_record(std::string_view token) const {
    token_record record;
    if (token.starts_with(token_prefix))
        record.account = "gacct_" + std::string(token.substr(token_prefix.size(), longest_account_body));
    record.created_at = started_;
    return record;
}

std::optional<wall_time> token_store::expiry(const entry& known) const {
    if (known.record.expires_at) return known.record.expires_at;
    if (lifetime_.count() == 0) return std::nullopt;
    return known.last_used + lifetime_;
}

}  // namespace gate::emulator

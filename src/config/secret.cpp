#include <gate/config/files.hpp>
#include <gate/config/secret.hpp>
#include <gate/core/text.hpp>

#include <algorithm>

namespace gate::config {

namespace {

std::string_view without_line_end(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

}  // namespace

parsed<core::secret_string> check_secret_key(core::secret_string text) {
    const auto key = without_line_end(text.reveal());
    if (key.empty()) return refusal{"holds no secret key: it is empty"};
    if (!std::all_of(key.begin(), key.end(), core::is_visible)) {
        return refusal{"holds no secret key: it has characters other than visible ASCII"};
    }
    if (!key.starts_with("sk_live_") && !key.starts_with("sk_test_")) {
        return refusal{"holds no secret key: a secret key begins with sk_live_ or sk_test_"};
    }
    if (key.size() == std::string_view("sk_live_").size())
        return refusal{"holds only the beginning of a secret key"};
    if (key.size() == text.reveal().size()) return text;
    return core::secret_string(std::string(key));
}

parsed<core::secret_string> check_admin_token(core::secret_string text) {
    const auto token = core::trim(text.reveal(), core::is_white_space);
    if (token.empty()) return refusal{"holds no admin token: it is empty"};
    if (!std::all_of(token.begin(), token.end(), core::is_visible)) {
        return refusal{"holds no admin token: it has characters other than visible ASCII"};
    }
    if (token.size() < min_admin_token) return refusal{"holds an admin token of fewer than 16 characters"};
    if (token.size() > max_admin_token) return refusal{"holds an admin token of more than 512 characters"};
    if (token.size() == text.reveal().size()) return text;
    return core::secret_string(std::string(token));
}

parsed<core::secret_string> check_fleet_key(core::secret_string text) {
    const auto key = core::trim(text.reveal(), core::is_white_space);
    if (key.size() < min_fleet_key)
        return refusal{"holds a fleet key of fewer than 32 bytes: make one with `openssl rand -base64 32`"};
    if (key.size() == text.reveal().size()) return text;
    return core::secret_string(std::string(key));
}

parsed<core::secret_string> check_fleet_password(core::secret_string text) {
    constexpr std::size_t longest = 512;
    const auto password = without_line_end(text.reveal());
    if (password.empty()) return refusal{"holds no password: it is empty"};
    if (password.size() > longest) return refusal{"holds a password of more than 512 bytes"};
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::any_of(password.begin(), password.end(), is_control))
        return refusal{"holds no password: it has control characters"};
    if (password.size() == text.reveal().size()) return text;
    return core::secret_string(std::string(password));
}

parsed<core::secret_string> read_secret(const std::string& path, secret_check check) {
    constexpr std::size_t most = 4095;
    auto content = read_file(path, most, file_kind::regular);
    if (!content) return refusal{content.error()};
    return check(core::secret_string(std::move(*content)));
}

parsed<core::secret_string> read_secret_key(const std::string& path) {
    return read_secret(path, check_secret_key);
}

}  // namespace gate::config

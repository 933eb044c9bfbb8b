#include <gate/app/token_input.hpp>
#include <gate/auth/token.hpp>
#include <gate/core/text.hpp>

#include <openssl/crypto.h>

#include <array>
#include <cerrno>

#include <unistd.h>

namespace gate::app {
namespace {

constexpr std::size_t most = 4096;  // bytes

}  // namespace

token_input read_token(int fd) {
    const bool is_terminal = ::isatty(fd) != 0;
    std::array<char, most + 1> buffer;
    std::size_t size = 0;
    while (size < buffer.size()) {
        const auto got = ::read(fd, buffer.data() + size, buffer.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
        if (is_terminal && buffer[size - 1] == '\n') break;
    }
    token_input out;
    const auto text = core::trim({buffer.data(), size}, core::is_white_space);
    if (size > most) {
        out.problem = "standard input holds more than one agent token";
    } else if (auth::is_agent_token(text)) {
        out.token = core::secret_string(std::string(text));
    } else if (!text.empty()) {
        out.problem = "standard input does not hold one agent token (agt_...)";
    }
    OPENSSL_cleanse(buffer.data(), buffer.size());
    return out;
}

}  // namespace gate::app

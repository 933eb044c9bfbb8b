#include <gate/config/account_list.hpp>
#include <gate/config/draft.hpp>
#include <gate/config/files.hpp>
#include <gate/core/account_id.hpp>
#include <gate/core/text.hpp>

#include <algorithm>

namespace gate::config {
namespace {

constexpr std::size_t most_problems = 10;

// What is wrong with a line that holds something, or "". `account` is its first word.
const char* problem_of(std::string_view account, std::string_view rest) {
    if (account.starts_with(core::agent_token_prefix))
        return "holds an agent token where an account id is needed";
    if (!core::names_an_account(account)) return "needs an account id: visible ASCII, at most 256 bytes";
    if (!rest.empty() && rest.front() != '#') return "holds more than one account";
    return "";
}

void read_line(std::string_view line, unsigned number, account_list& into, std::size_t& wrong) {
    line = core::trim(line, core::is_white_space);
    if (line.empty() || line.front() == '#') return;
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    const auto account = line.substr(0, end);
    const std::string_view problem = problem_of(account, core::trim(line.substr(end)));
    if (problem.empty()) {
        into.accounts.emplace_back(account);
    } else if (++wrong <= most_problems) {
        into.problems.push_back({number, std::string(problem)});
    }
}

}  // namespace

account_list parse_account_list(std::string_view text) {
    account_list out;
    if (text.empty())
        out.problems.push_back({0, "is empty; a file with nothing but a comment (#) blocks nobody"});
    std::size_t wrong = 0;
    for (unsigned number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        read_line(text.substr(0, end), number, out, wrong);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (out.accounts.size() <= most_listed_accounts) continue;
        out.problems.push_back({0, "holds more than " + std::to_string(most_listed_accounts) + " accounts"});
        break;
    }
    if (wrong > most_problems)
        out.problems.push_back({0, std::to_string(wrong - most_problems) + " more lines are wrong"});
    if (!out.problems.empty()) out.accounts.clear();
    return out;
}

account_list read_list_content(const parsed<std::string>& content) {
    if (content) return parse_account_list(*content);
    return {{}, {{0, content.error()}}};
}

account_list read_account_list(const std::string& path) {
    return read_list_content(read_file(path, most_list_bytes, file_kind::regular));
}

std::string describe(const account_list::problem& what, const std::string& path) {
    auto place = what.line == 0 ? path : path + ":" + std::to_string(what.line);
    return place + ": " + what.message;
}

void check_account_list(const load_input& input, draft& of) {
    const auto& path = of.value.auth.blocked_accounts_file;
    const bool is_in_force = input.in_force != nullptr && input.in_force->auth.blocked_accounts_file == path;
    if (path.empty() || is_in_force || !input.require_secret_key) return;
    for (const auto& each : read_account_list(path).problems) {
        if (each.line == 0) {
            of.blame("auth.blocked_accounts_file", in_quotes(path) + " " + each.message);
        } else {
            of.problems.add(path + ":" + std::to_string(each.line), each.message);
        }
    }
}

}  // namespace gate::config

#include <gate/core/json_writer.hpp>
#include <gate/http/error_texts.hpp>

namespace gate::http {
namespace {

using core::json_writer;
using core::reason;
using core::reason_row;

std::string page_of(const reason_row& row, const error_links& links) {
    return links.errors.empty() ? std::string() : links.errors + std::string(row.code);
}

void put_sign_up(json_writer& to, const error_links& links) {
    to.member("next_action", "sign_up");
    to.name("sign_up");
    to.begin_object();
    to.member("command", links.sign_up_command);
    if (!links.documentation.empty()) to.member("documentation", links.documentation);
    to.end_object();
}

void put_details(json_writer& to, const reason_row& row, const error_links& links, bool retryable) {
    to.name("details");
    to.begin_object();
    if (retryable) to.member("next_action", "retry");
    if (leads_to_sign_up(row.reason) && !links.sign_up_command.empty()) put_sign_up(to, links);
    if (!row.told.field_name.empty()) to.member("header_name", row.told.field_name);
    to.end_object();
}

// Writes an empty text, and returns the place between its quotes.
std::size_t put_gap(json_writer& to, std::string_view name) {
    to.member(name, "");
    return to.text().size() - 1;
}

// Writes a digit that is to be taken out, and returns its place.
std::size_t put_number_gap(json_writer& to, std::string_view name) {
    to.member(name, 0);
    return to.text().size() - 1;
}

std::string challenge_line(bool invalid_token, const error_links& links) {
    std::string out = "WWW-Authenticate: Bearer realm=\"gate\"";
    if (invalid_token) out += ", error=\"invalid_token\"";
    if (!links.resource_metadata.empty()) out += ", resource_metadata=\"" + links.resource_metadata + '"';
    return out + "\r\n";
}

}  // namespace

std::string_view content_type_of(body_form form) noexcept {
    return form == body_form::problem ? "application/problem+json" : "application/json";
}

// What the text about a reason is made of.
struct error_texts::source {
    const reason_row& row;
    const error_links& links;
    bool retryable;
};

error_texts::pattern error_texts::error_pattern(const source& of) {
    const auto& [row, links, retryable] = of;
    pattern out;
    json_writer to;
    to.begin_object();
    to.name("error");
    to.begin_object();
    to.member("code", row.code);
    to.member("message", row.sentence);
    out.status = put_number_gap(to, "status");
    to.member("retryable", retryable);
    out.id = put_gap(to, "request_id") - 1;
    put_details(to, row, links, retryable);
    if (const auto page = page_of(row, links); !page.empty()) to.member("docs_url", page);
    to.end_object();
    to.end_object();
    out.text = std::string(to.text()) + '\n';
    out.text.erase(out.status, 1);
    return out;
}

// RFC 9457 4.2.1: where the type says nothing, the title is the name of the status.
error_texts::pattern error_texts::problem_pattern(const source& of) {
    const auto& [row, links, retryable] = of;
    pattern out;
    json_writer to;
    const auto page = page_of(row, links);
    to.begin_object();
    to.member("type", page.empty() ? "about:blank" : page);
    out.status = put_number_gap(to, "status");
    out.phrase = put_gap(to, "title") - 1;
    to.member("detail", row.sentence);
    to.member("code", row.code);
    to.member("retryable", retryable);
    out.id = put_gap(to, "request_id") - 1;
    put_details(to, row, links, retryable);
    to.end_object();
    out.text = std::string(to.text()) + '\n';
    out.text.erase(out.status, 1);
    return out;
}

error_texts::error_texts(const error_links& links)
    : challenge_missing_(challenge_line(false, links)), challenge_invalid_(challenge_line(true, links)) {
    for (std::size_t i = 0; i < core::reason_count; ++i) {
        const auto& row = core::row_of(static_cast<reason>(i));
        errors_[i] = error_pattern({row, links, row.told.retryable});
        problems_[i] = problem_pattern({row, links, row.told.retryable});
        final_errors_[i] = error_pattern({row, links, false});
        final_problems_[i] = problem_pattern({row, links, false});
    }
}

const error_texts& error_texts::plain() {
    static const error_texts all;
    return all;
}

const error_texts::pattern& error_texts::pattern_of(const body& what) const noexcept {
    const auto& problems = what.repeatable ? problems_ : final_problems_;
    const auto& errors = what.repeatable ? errors_ : final_errors_;
    const auto& forms = what.form == body_form::problem ? problems : errors;
    return forms[static_cast<std::size_t>(what.reason)];
}

std::size_t error_texts::size_of(const body& what) const noexcept {
    constexpr std::size_t digits = 3;
    const auto& by = pattern_of(what);
    return by.text.size() + digits + (by.phrase != 0 ? what.phrase.size() : 0) + what.request_id.size();
}

void error_texts::append(const body& what, std::string& out) const {
    const auto& by = pattern_of(what);
    const std::string_view text = by.text;
    out.append(text.substr(0, by.status)).append(std::to_string(what.status));
    auto from = by.status;
    if (by.phrase != 0) {
        out.append(text.substr(from, by.phrase - from)).append(what.phrase);
        from = by.phrase;
    }
    out.append(text.substr(from, by.id - from)).append(what.request_id).append(text.substr(by.id));
}

}  // namespace gate::http

// Any request of another proxy, read for the original request in each form: what is read is one acceptable
// request line, whatever the fields say; fields of another form, and another spelling of the same name, never
// take part; and nothing is read twice.
#include "check.hpp"

#include <gate/answer/forwarded_client.hpp>
#include <gate/answer/judged_request.hpp>
#include <gate/answer/original_request.hpp>
#include <gate/answer/question.hpp>
#include <gate/answer/removed_fields.hpp>
#include <gate/core/text.hpp>
#include <gate/http/request_facts.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

using namespace gate;
using config::original_source;

namespace {

// A byte chooses a piece that heads are made of, or stands for itself.
std::string head_of(const std::uint8_t* data, std::size_t size) {
    static const std::array<const char*, 24> pieces{"X-Forwarded-Method: GET\r\n",
                                                    "X-Forwarded-Uri: /a?b\r\n",
                                                    "X-Forwarded-Host: a.test\r\n",
                                                    "X-Original-Method: POST\r\n",
                                                    "X-Original-URI: /c\r\n",
                                                    "X-Original-URL: http://b.test/d\r\n",
                                                    "X_Forwarded_Uri: /e\r\n",
                                                    "X-Forwarded-Uri: ",
                                                    "X-Original-URL: ",
                                                    "X-Forwarded-Host: ",
                                                    "X-Forwarded-Method: ",
                                                    "X-Original-Method: ",
                                                    "X-Forwarded-For: 192.0.2.1",
                                                    ", ",
                                                    "\r\n",
                                                    "http://",
                                                    "X-Gate-Account-Id: x\r\n",
                                                    "x_gate_x: y\r\n",
                                                    "X-HTTP-Method: PUT\r\n",
                                                    "X-Original-URI: ",
                                                    "[::1]:80",
                                                    "//",
                                                    "#",
                                                    "*"};
    std::string out;
    for (std::size_t i = 0; i < size && out.size() < 4000; ++i) {
        if (data[i] < pieces.size()) {
            out += pieces[data[i]];
        } else {
            out += static_cast<char>(data[i]);
        }
    }
    return out;
}

std::size_t count(const http::request_facts& asking, std::string_view name) {
    return static_cast<std::size_t>(std::ranges::count_if(
        asking.head.fields, [name](const auto& field) { return core::iequals(field.name, name); }));
}

void check_original(const http::request_facts& asking, const answer::original_request& got,
                    original_source from) {
    const auto target = got.target.forwarded;
    fuzz::check(
        !got.method_name.empty() && got.verb != http::method::connect && got.verb != http::method::trace,
        "the method is one that may be asked for");
    fuzz::check(got.target.slash ? target.starts_with('?') : target.starts_with('/') || target == "*",
                "the target is a path or an asterisk");
    fuzz::check(std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; }),
                "no byte that a request line may not hold");
    fuzz::check(got.host.empty() || http::is_usable_host(got.host), "the host is none or valid");
    if (from == original_source::x_forwarded)
        fuzz::check(count(asking, "x-forwarded-uri") == 1 && count(asking, "x-forwarded-method") == 1 &&
                        count(asking, "x-forwarded-host") <= 1,
                    "each field of the form is there one time");
    if (from == original_source::x_original)
        fuzz::check(count(asking, "x-original-method") == 1 &&
                        count(asking, "x-original-uri") + count(asking, "x-original-url") == 1,
                    "one method, and a path or a URL");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const http::reading_rules rules{
        {16384, 100, 1024}, http::identity_names("X-Gate-Account-Id"), {}, true};
    const auto text = "GET /auth/x?y HTTP/1.1\r\nHost: p.test\r\n" + head_of(data, size) + "\r\n";
    if (text.find("\r\n\r\n") != text.size() - 4) return 0;
    http::request_facts asking;
    if (!http::read_request(text, rules, asking)) return 0;
    const auto question = answer::read_question(asking.target);
    fuzz::check(question.endpoint == answer::question::access, "the endpoint does not depend on fields");
    http::request_facts judged;
    for (const auto from :
         {original_source::path, original_source::x_forwarded, original_source::x_original}) {
        const auto got = answer::read_original(asking, question.behind, from, {1024, false});
        fuzz::check(got || from != original_source::path, "a path is always there");
        if (!got) continue;
        check_original(asking, *got, from);
        if (from == original_source::path)
            fuzz::check(got->target.forwarded == "/x?y" && got->host == "p.test", "fields change no path");
        answer::make_judged(asking, *got, from, judged);
        fuzz::check(judged.target.path == got->target.path && judged.head.method_name == got->method_name,
                    "what is judged is what was read");
    }
    (void)answer::read_forwarded_client(asking.head);
    std::string names;
    answer::append_removed_fields(asking.head, {.authorization = false, .set = {}, .ours = {}}, names);
    fuzz::check(names.empty() != asking.head.has(http::field_id::identity), "identity fields are removed");
    return 0;
}

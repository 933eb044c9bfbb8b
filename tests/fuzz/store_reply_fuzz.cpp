// Any bytes as what a store says: the same replies whole and in pieces, bounded, and nothing in them is taken
// for what the fleet has not sealed.

#include "check.hpp"

#include <gate/store/fleet_requests.hpp>
#include <gate/store/log_replies.hpp>
#include <gate/store/message_codec.hpp>
#include <gate/store/places.hpp>
#include <gate/store/reply_reader.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace gate;

namespace {

constexpr store::reply_limits limits{.text = 64, .list = 16, .inner_list = 8, .deep_list = 4, .reply = 4'096};

struct heard {
    std::vector<store::reply> replies;
    bool failed = false;
    bool operator==(const heard&) const = default;
};

heard read(std::string_view text, std::size_t piece) {
    store::reply_reader reader(limits);
    heard out;
    while (!text.empty()) {
        out.failed = !reader.feed(text.substr(0, piece));
        while (auto one = reader.next()) out.replies.push_back(std::move(*one));
        out.failed = out.failed || reader.has_failed();
        if (out.failed) break;
        text.remove_prefix(std::min(piece, text.size()));
    }
    return out;
}

std::size_t size_of(const store::reply& one) {
    fuzz::check(one.text.size() <= 512, "a text is bounded");
    fuzz::check(one.items.size() <= limits.list, "a list is bounded");
    std::size_t out = 1;
    for (const auto& each : one.items) out += size_of(each);
    return out;
}

const store::fleet_keys& keys() {
    static const store::fleet_keys made(core::secret_string(std::string(32, 'k')), "https://gate.test",
                                        "/verify");
    return made;
}

void check_place(const config::store_host& of) {
    fuzz::check(of.host.size() <= 255 && of.port != 0, "a place is bounded, and has a port");
    for (const char c : of.host) fuzz::check(c > ' ' && c < '\x7f', "a host is visible");
}

void interpret_place(const store::reply& one) {
    const auto told = store::place_in(one, "mymaster");
    fuzz::check(told.where.has_value() == (told.failure == store::fault::none),
                "a place, or why there is none");
    if (told.where) {
        fuzz::check(!told.where->host.empty(), "a sentinel names a host");
        check_place(*told.where);
    }
    fuzz::check(told.said.size() <= 64, "what is said is a code or ours");
    if (const auto moved = store::host_in_redirection(one.text)) check_place(*moved);
}

void interpret(store::reply one) {
    interpret_place(one);
    static const store::key_names names(keys());
    static const auto lock = names.lock(keys().id_of("agt_1"));
    if (const auto turn = store::turn_in(one, keys(), lock))
        fuzz::check(!turn->held_since && turn->lock == 0, "nobody but the fleet makes a lock");
    (void)store::time_in(one);
    (void)store::clock_in(one);
    (void)store::newest_in(one);
    if (const auto beat = store::beat_in(one))
        fuzz::check(beat->replicas >= 1 && beat->replicas <= 100, "replicas are bounded");
    const auto entries = store::entries_in(std::move(one));
    if (!entries) return;
    for (const auto& each : *entries)
        fuzz::check(!keys().unseal(each.message, names.log()), "nobody but the fleet makes a message");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    auto whole = read(text, size == 0 ? 1 : size);
    const auto pieces = read(text, 1);
    fuzz::check(whole.replies == pieces.replies, "the same replies in whatever pieces they come");
    for (auto& each : whole.replies) {
        fuzz::check(size_of(each) <= limits.reply / 64 + 1, "a reply is bounded");
        interpret(std::move(each));
    }
    return 0;
}

#include <gate/auth/fleet_key_ids.hpp>

#include <catch.hpp>

using namespace gate::auth;
using namespace std::chrono_literals;

namespace {

const gate::core::time_point start{1000s};
constexpr key_id first{1};
constexpr key_id second{2};
using ids = std::vector<key_id>;

}  // namespace

TEST_CASE("fleet: the id of a replaced key stays for TTL + grace + 10 s") {
    fleet_key_ids known;
    CHECK(known.note(first, start, 70s) == ids{first});
    CHECK(known.note(first, start + 300s, 70s) == ids{first});
    CHECK(known.note(second, start + 301s, 70s) == ids{second, first});
    CHECK(known.note(second, start + 370s, 70s) == ids{second, first});
    CHECK(known.note(second, start + 371s, 70s) == ids{second});
}

TEST_CASE("a key that comes back is named once") {
    fleet_key_ids known;
    known.note(first, start, 70s);
    known.note(second, start, 70s);
    CHECK(known.note(first, start, 70s) == ids{first, second});
}

TEST_CASE("rule 24: a message names eight keys at most, the latest") {
    fleet_key_ids known;
    for (std::uint8_t i = 0; i < 20; ++i) known.note({i}, start, 70s);
    const auto all = known.note({20}, start, 70s);
    CHECK(all.size() == fleet_key_ids::most);
    CHECK(all.front() == key_id{20});
    CHECK(all.back() == key_id{13});
}

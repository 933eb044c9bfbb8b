#include <gate/verify/key_ring.hpp>

#include <atomic>
#include <catch.hpp>
#include <thread>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
using verify::key_event;
using verify::key_offer;

namespace {

using core::secret_string;

const secret_string old_key("sk_test_old");
const secret_string new_key("sk_test_new");
const secret_string third_key("sk_test_third");
const core::time_point start{1h};

verify::key_pointer pointer_to(const secret_string& key) {
    return std::make_shared<const secret_string>(key);
}

std::string text(const verify::key_pointer& key) {
    return key == nullptr ? "(none)" : std::string(key->reveal());
}

struct ring : verify::key_ring_core {
    ring() : key_ring_core(pointer_to(old_key)) {}
    key_offer offer(const secret_string& key) { return key_ring_core::offer(pointer_to(key)); }
    std::string first_at(core::time_point now) { return text(first(now)); }
};

}  // namespace

TEST_CASE("a single key is the one to show, and there is none in its place") {
    ring keys;
    CHECK(keys.first_at(start) == "sk_test_old");
    CHECK(text(keys.other_than(old_key)) == "(none)");
    CHECK(keys.worked(old_key) == key_event::none);
    CHECK(keys.offer(old_key) == key_offer::known);
}

TEST_CASE("a new key is tried first, and the old one is kept until it works") {
    ring keys;
    CHECK(keys.offer(new_key) == key_offer::fresh);
    CHECK(keys.first_at(start) == "sk_test_new");
    CHECK(text(keys.other_than(new_key)) == "sk_test_old");
    CHECK(keys.worked(new_key) == key_event::replaced);
    CHECK(keys.first_at(start) == "sk_test_new");
    CHECK(text(keys.other_than(new_key)) == "(none)");
}

TEST_CASE("while one call tries the new key the others go on with the old one") {
    ring keys;
    keys.offer(new_key);
    CHECK(keys.first_at(start) == "sk_test_new");
    CHECK(keys.first_at(start) == "sk_test_old");
    CHECK(keys.first_at(start + verify::key_trial_gap - 1ms) == "sk_test_old");
    CHECK(keys.first_at(start + verify::key_trial_gap) == "sk_test_new");
}

TEST_CASE("a call that should try nothing gets the old key, unless that one is refused") {
    ring keys;
    keys.offer(new_key);
    CHECK(text(keys.best()) == "sk_test_old");
    CHECK(keys.first_at(start) == "sk_test_new");  // nobody has tried it yet
    keys.refused(old_key, start);
    CHECK(text(keys.best()) == "sk_test_new");
    keys.refused(new_key, start);
    CHECK(text(keys.best()) == "sk_test_old");
}

TEST_CASE("a refused new key is an alarm once the old one works, and is not tried on every call") {
    ring keys;
    keys.offer(new_key);
    CHECK(keys.refused(new_key, start) == key_event::none);
    CHECK_FALSE(keys.new_key_refused());
    CHECK(keys.worked(old_key) == key_event::new_key_refused);
    CHECK(keys.new_key_refused());
    CHECK_FALSE(keys.all_refused());
    CHECK(keys.worked(old_key) == key_event::none);
    CHECK(keys.first_at(start + verify::key_try_again - 1ms) == "sk_test_old");
    CHECK(keys.offer(new_key) == key_offer::known);
    CHECK(keys.first_at(start + verify::key_try_again - 1ms) == "sk_test_old");

    CHECK(keys.first_at(start + verify::key_try_again) == "sk_test_new");
    CHECK(keys.first_at(start + verify::key_try_again) == "sk_test_old");
    SECTION("and is refused again: no second alarm") {
        CHECK(keys.refused(new_key, start + verify::key_try_again) == key_event::none);
        CHECK(keys.worked(old_key) == key_event::none);
        CHECK(keys.first_at(start + 2 * verify::key_try_again - 1ms) == "sk_test_old");
    }
    SECTION("and works by now") {
        CHECK(keys.worked(new_key) == key_event::replaced);
        CHECK_FALSE(keys.new_key_refused());
        CHECK(keys.first_at(start + verify::key_try_again) == "sk_test_new");
    }
}

TEST_CASE("a new key that the one in use contradicts is as good as refused, and its no counts no more") {
    ring keys;
    keys.offer(new_key);
    keys.contradicted(old_key, start);  // says nothing about the one in use
    CHECK_FALSE(keys.is_contradicted(old_key));
    keys.contradicted(new_key, start);
    CHECK(keys.is_contradicted(new_key));
    CHECK(keys.worked(old_key) == key_event::new_key_refused);
    CHECK(keys.first_at(start + verify::key_try_again - 1ms) == "sk_test_old");
    CHECK(keys.refused(old_key, start) == key_event::all_refused);
    CHECK(text(keys.other_than(old_key)) == "(none)");
    CHECK(keys.first_at(start + verify::key_try_again) == "sk_test_new");
    CHECK(text(keys.to_confirm(new_key)) == "sk_test_old");
    SECTION("until it accepts a token") {
        CHECK(keys.worked(new_key) == key_event::replaced);
        CHECK_FALSE(keys.is_contradicted(new_key));
    }
    SECTION("or another one takes its place") {
        keys.offer(third_key);
        CHECK(text(keys.other_than(old_key)) == "sk_test_third");
    }
}

TEST_CASE("a third key takes the place of the new one, not of the one in use") {
    ring keys;
    keys.offer(new_key);
    keys.refused(new_key, start);
    keys.worked(old_key);
    CHECK(keys.offer(third_key) == key_offer::fresh);
    CHECK_FALSE(keys.new_key_refused());
    CHECK(keys.first_at(start) == "sk_test_third");
    CHECK(text(keys.other_than(third_key)) == "sk_test_old");
    CHECK(keys.worked(new_key) == key_event::none);  // of a call that began before
    CHECK(keys.refused(third_key, start) == key_event::none);
    CHECK(keys.worked(old_key) == key_event::new_key_refused);
}

TEST_CASE("the old key back in the file ends the change") {
    ring keys;
    keys.offer(new_key);
    keys.refused(new_key, start);
    keys.worked(old_key);
    CHECK(keys.offer(old_key) == key_offer::withdrawn);
    CHECK_FALSE(keys.new_key_refused());
    CHECK(keys.first_at(start + verify::key_try_again) == "sk_test_old");
    CHECK(text(keys.other_than(old_key)) == "(none)");
    CHECK(keys.offer(old_key) == key_offer::known);
}

TEST_CASE("every key refused is told once, until one works") {
    ring keys;
    CHECK(keys.refused(old_key, start) == key_event::all_refused);
    CHECK(keys.all_refused());
    CHECK(keys.refused(old_key, start) == key_event::none);

    SECTION("the same one again") {
        CHECK(keys.worked(old_key) == key_event::works_again);
        CHECK_FALSE(keys.all_refused());
        CHECK(keys.refused(old_key, start) == key_event::all_refused);
    }
    SECTION("a new one that is good") {
        CHECK(keys.offer(new_key) == key_offer::fresh);
        CHECK(keys.all_refused());  // who knows?
        CHECK(keys.first_at(start) == "sk_test_new");
        CHECK(keys.first_at(start) == "sk_test_new");  // nobody goes on with a key that is refused
        CHECK(keys.worked(new_key) == key_event::replaced);
        CHECK_FALSE(keys.all_refused());
    }
    SECTION("a new one that is bad, too: each call can try both") {
        keys.offer(new_key);
        CHECK(keys.refused(new_key, start) == key_event::none);
        CHECK(keys.all_refused());
        CHECK(keys.first_at(start) == "sk_test_old");
        CHECK(text(keys.other_than(old_key)) == "sk_test_new");
        CHECK(keys.worked(old_key) == key_event::new_key_refused);
        CHECK_FALSE(keys.all_refused());
    }
}

TEST_CASE("the old key refused while the new one waits: nothing is lost yet") {
    ring keys;
    keys.offer(new_key);
    CHECK(keys.refused(old_key, start) == key_event::none);
    CHECK(text(keys.other_than(old_key)) == "sk_test_new");
    CHECK(keys.refused(new_key, start) == key_event::all_refused);
}

TEST_CASE("a call that shows a dropped key and is refused gets the one in use") {
    ring keys;
    keys.offer(new_key);
    keys.worked(new_key);
    CHECK(keys.refused(old_key, start) == key_event::none);
    CHECK_FALSE(keys.all_refused());
    CHECK(text(keys.other_than(old_key)) == "sk_test_new");
}

TEST_CASE("without a key the first one that is offered is used") {
    verify::key_ring_core keys(pointer_to(secret_string()));
    CHECK(keys.offer(pointer_to(new_key)) == key_offer::fresh);
    CHECK(text(keys.first(start)) == "sk_test_new");
    CHECK(text(keys.other_than(new_key)) == "(none)");
}

TEST_CASE("the ring tells what becomes of its keys") {
    std::vector<key_event> told;
    verify::key_ring keys(old_key, [&](key_event what) { told.push_back(what); });
    keys.offer(new_key);
    CHECK(text(keys.first(start)) == "sk_test_new");
    CHECK(text(keys.refused(new_key, start)) == "sk_test_old");
    keys.worked(old_key);
    CHECK(keys.new_key_refused());
    CHECK(text(keys.refused(old_key, start)) == "sk_test_new");
    CHECK(keys.all_refused());
    keys.worked(new_key);
    CHECK(told == std::vector{key_event::new_key_refused, key_event::all_refused, key_event::replaced});
}

TEST_CASE("the ring is used from several threads") {
    std::atomic<int> replaced = 0;
    verify::key_ring keys(old_key, [&](key_event what) { replaced += what == key_event::replaced ? 1 : 0; });
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) {
        callers.emplace_back([&keys] {
            for (int round = 0; round < 2000; ++round) {
                const auto key = keys.first(core::clock::now());
                if (*key == new_key) {
                    keys.worked(*key);
                } else if (const auto other = keys.refused(*key, core::clock::now())) {
                    keys.worked(*other);
                }
            }
        });
    }
    keys.offer(new_key);
    for (auto& one : callers) one.join();
    keys.worked(*keys.first(core::clock::now()));
    CHECK(replaced == 1);
    CHECK(text(keys.first(core::clock::now())) == "sk_test_new");
    CHECK_FALSE(keys.all_refused());
}

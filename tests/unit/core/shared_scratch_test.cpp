#include <gate/core/asio.hpp>
#include <gate/core/latch.hpp>
#include <gate/core/shared_scratch.hpp>
#include <gate/core/task.hpp>

#include <boost/asio/post.hpp>

#include <aborts.hpp>
#include <catch.hpp>
#include <string>
#include <vector>

using namespace gate::core;
using gate::test::aborts;

namespace {

const std::string long_text(200, 'x');

task<> wait_for(latch& until) {
    co_await until;
}

task<> pause_on(executor here) {
    co_await boost::asio::post(here, use_task);
}

}  // namespace

TEST_CASE("what is put into scratch memory is there for the next one who borrows it") {
    shared_scratch<std::string> scratch;
    {
        const auto lent = scratch.lend();
        *lent = long_text;
    }
    const auto lent = scratch.lend();
    CHECK(*lent == long_text);
    CHECK(lent->size() == long_text.size());
}

TEST_CASE("a loan that was moved, or given back, is open no longer") {
    shared_scratch<std::string> scratch;
    auto first = scratch.lend();
    auto second = std::move(first);
    *second = long_text;
    second.give_back();
    expect_no_loans();
    second = scratch.lend();
    CHECK(*second == long_text);
    second.give_back();
    second.give_back();
    expect_no_loans();
}

TEST_CASE("a wait with an open loan ends the program") {
    if (!checks_loans) return;
    shared_scratch<std::string> scratch;
    SECTION("for another coroutine") {
        latch until;
        CHECK(aborts([&] {
            const auto lent = scratch.lend();
            spawn(wait_for(until));
        }));
    }
    SECTION("for an operation of the event loop") {
        asio::io_context loop{1};
        CHECK(aborts([&] {
            const auto lent = scratch.lend();
            spawn(pause_on(loop.get_executor()));
        }));
    }
    SECTION("with other memory that was borrowed") {
        CHECK(aborts([] {
            open_loan();
            expect_no_loans();
        }));
    }
    SECTION("but not after it was given back") {
        latch until;
        CHECK_FALSE(aborts([&] {
            scratch.lend().give_back();
            spawn(wait_for(until));
            until.open();
        }));
    }
}

TEST_CASE("scratch memory is not lent to two at the same time") {
    if (!checks_loans) return;
    shared_scratch<std::string> scratch;
    CHECK(aborts([&] {
        const auto first = scratch.lend();
        const auto second = scratch.lend();
    }));
}

TEST_CASE("AddressSanitizer sees a use of scratch memory without a loan") {
    if (!poisons_memory) return;
    shared_scratch<std::vector<char>> scratch;
    auto lent = scratch.lend();
    lent->assign(long_text.begin(), long_text.end());
    const auto* const object = &*lent;
    const auto* const text = lent->data();
    CHECK_FALSE(is_poisoned(object));
    CHECK_FALSE(is_poisoned(text));
    lent.give_back();
    CHECK(is_poisoned(object));
    CHECK(is_poisoned(text));
    CHECK(is_poisoned(text + long_text.size() - 1));
    lent = scratch.lend();
    CHECK_FALSE(is_poisoned(text + long_text.size() - 1));
    CHECK(std::string(lent->begin(), lent->end()) == long_text);
}

TEST_CASE("a string's memory is poisoned wherever it is") {
    if (!poisons_memory) return;
    shared_scratch<std::string> scratch;
    const auto text = GENERATE(std::string("short"), long_text);
    auto lent = scratch.lend();
    *lent = text;
    const char* const at = lent->data();
    lent.give_back();
    CHECK(is_poisoned(at));
    lent = scratch.lend();
    CHECK(*lent == text);
}

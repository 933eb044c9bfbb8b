#include <gate/protocol/exchange_memory.hpp>

#include <aborts.hpp>
#include <algorithm>
#include <catch.hpp>
#include <string>

using namespace gate::protocol;

namespace {

void take_at_once(exchange_memory_pool& pool, std::size_t number) {
    std::vector<std::unique_ptr<exchange_memory>> taken;
    for (std::size_t i = 0; i < number; ++i) taken.push_back(pool.take());
    for (auto& each : taken) pool.give_back(std::move(each));
}

constexpr std::string_view head = "GET / HTTP/1.1\r\nAuthorization: Bearer agt_a\r\n\r\n";

// As if a request of this size had been read and served, with `more` behind it.
void serve(exchange_memory& memory, std::string_view more = {}) {
    memory.assign(std::string(head) + std::string(more));
    memory.begin();
    memory.asked.head.size = head.size();
    memory.used = head.size();
}

// What is in the memory behind `from`, as far as it has been written to by serve().
std::string left_in(const exchange_memory& memory, std::size_t from, std::size_t size) {
    return {memory.input.get() + from, size};
}

std::string zeros(std::size_t size) {
    return std::string(size, '\0');
}

}  // namespace

TEST_CASE("a pool gives back what a burst has left, and keeps what is in use from time to time") {
    exchange_memory_pool pool(64);
    take_at_once(pool, 100);
    CHECK(pool.trim() == 64);  // needed since the last call
    take_at_once(pool, 10);
    CHECK(pool.trim() == 10);
    take_at_once(pool, 10);
    CHECK(pool.trim() == 10);
    CHECK(pool.trim() == 0);
}

TEST_CASE("a request leaves nothing in the memory that is given back") {
    exchange_memory_pool pool(1);
    auto memory = pool.take();
    auto* const same = memory.get();
    serve(*memory);
    pool.give_back(std::move(memory));
    CHECK(left_in(*same, 0, head.size()) == zeros(head.size()));
}

TEST_CASE("a request that is not served leaves nothing in the memory that is given back") {
    exchange_memory_pool pool(1);
    auto memory = pool.take();
    auto* const same = memory.get();
    serve(*memory, head);
    memory->may_hold_token = false;  // the one that was served had none
    SECTION("which came with the one before") {
        pool.give_back(std::move(memory));
        CHECK(left_in(*same, head.size(), head.size()) == zeros(head.size()));
    }
    SECTION("which came with the end of a chunked body") {
        memory->filled = memory->used;
        memory->overflow = head;
        const char* const kept = memory->overflow.data();
        pool.give_back(std::move(memory));
        CHECK(std::string(kept, head.size()) == zeros(head.size()));
    }
}

TEST_CASE("what comes behind a request moves to the front and leaves nothing behind") {
    exchange_memory memory;
    serve(memory, "GET /next");
    memory.begin_next();
    CHECK(memory.received() == "GET /next");
    CHECK(left_in(memory, memory.filled, head.size()) == zeros(head.size()));
    CHECK(memory.may_hold_token);
}

TEST_CASE("what was read behind a body moves to the front and leaves nothing behind") {
    exchange_memory memory;
    serve(memory, "5\r\nagt_b\r\n0\r\n\r\nGET /next");
    const auto all = memory.filled;
    memory.used = all;
    memory.overflow = "GET /next";
    memory.begin_next();
    CHECK(memory.received() == "GET /next");
    CHECK(memory.overflow.empty());
    CHECK(left_in(memory, memory.filled, all - memory.filled) == zeros(all - memory.filled));
}

TEST_CASE("of a request without a token nothing needs to be overwritten") {
    exchange_memory memory;
    serve(memory);
    memory.may_hold_token = false;  // as the exchange has seen
    memory.begin_next();
    CHECK(memory.filled == 0);
    CHECK(left_in(memory, 0, head.size()) == head);
}

TEST_CASE("a request that was never whole is overwritten to its last byte") {
    exchange_memory memory;
    memory.assign(head.substr(0, head.size() - 3));
    memory.begin();
    memory.forget_token();
    CHECK(left_in(memory, 0, memory.filled) == zeros(memory.filled));
}

TEST_CASE("of what was read at first, only what is known to be body stays in the block") {
    gate::net::buffer_pool pool(4096, 1);
    const auto fill = [&](std::size_t size) {
        auto block = pool.take();
        std::fill_n(block.data(), block.size(), 'x');
        return std::pair(std::move(block), size);
    };
    const auto left = [&] {  // in the block that is handed out next
        const auto block = pool.take();
        return std::count(block.data(), block.data() + block.size(), 'x');
    };
    arrival_block arrival;
    auto [small, small_size] = fill(100);
    arrival.put(std::move(small), small_size, small_size);
    CHECK(arrival.is_empty());
    CHECK(left() == 4096 - 100);
    auto [large, large_size] = fill(3000);
    arrival.put(std::move(large), large_size, large_size);
    CHECK_FALSE(arrival.is_empty());
    arrival.forget(200);
    CHECK(arrival.is_empty());
    CHECK(left() == 4096 - 200);
    auto [another, another_size] = fill(3000);
    arrival.put(std::move(another), another_size, another_size);
    arrival.forget();
    CHECK(left() == 4096 - 3000);
}

TEST_CASE("rule 25: a body goes on with the block that it has come in, without the head") {
    gate::net::buffer_pool pool(4096, 1);
    auto block = pool.take();
    std::fill_n(block.data(), 200, 'h');
    std::fill_n(block.data() + 200, 2800, 'b');
    arrival_block arrival;
    arrival.put(std::move(block), 3000, 200);
    const auto rest = arrival.rest();
    CHECK(rest.size() == 2800);
    const auto taken = arrival.hand_over();
    CHECK(arrival.is_empty());
    CHECK(rest.data() == taken.data() + 200);
    CHECK(std::count(taken.data(), taken.data() + 3000, 'h') == 0);
    CHECK(std::count(rest.begin(), rest.end(), 'b') == 2800);
}

TEST_CASE("rule 25: what came with a head, and had to be waited with, is not kept") {
    exchange_memory memory;
    serve(memory);
    memory.early_body = std::string(5000, 'b');
    SECTION("for the next request") {
        memory.used = memory.filled;
        memory.begin_next();
    }
    SECTION("for another connection") {
        memory.forget_all_tokens();
    }
    CHECK(memory.early_body.empty());
    CHECK(memory.early_body.capacity() < 5000);
}

TEST_CASE("nobody waits before the block that a request was read into is forgotten") {
    if (!gate::core::checks_loans) return;
    gate::net::buffer_pool pool(4096, 1);
    arrival_block arrival;
    CHECK(gate::test::aborts([&] {
        arrival.put(pool.take(), 3000, 3000);
        gate::core::expect_no_loans();
    }));
    CHECK_FALSE(gate::test::aborts([&] {
        arrival.put(pool.take(), 3000, 3000);
        arrival.forget();
        arrival.put(pool.take(), 3000, 200);
        const auto block = arrival.hand_over();
        arrival.put(pool.take(), arrival_block::small, arrival_block::small);
        gate::core::expect_no_loans();
    }));
}

TEST_CASE("a response head is not to be looked at after its memory was given back") {
    if (!gate::core::poisons_memory) return;
    head_scratch scratch;
    auto lent = scratch.received.lend();
    lent->head.fields.resize(8);
    lent->connection.others.resize(4);
    const auto* const field = &lent->head.fields.back();
    const auto* const other = &lent->connection.others.back();
    lent.give_back();
    CHECK(gate::core::is_poisoned(field));
    CHECK(gate::core::is_poisoned(other));
    lent = scratch.received.lend();
    CHECK(lent->head.fields.size() == 8);
    CHECK_FALSE(gate::core::is_poisoned(field));
    CHECK_FALSE(gate::core::is_poisoned(other));
}

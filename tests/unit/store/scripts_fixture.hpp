#pragma once
// The scripts of the store against the real redis-server.

#include <gate/store/scripts.hpp>

#include <array>
#include <catch.hpp>
#include <redis_server.hpp>
#include <string>
#include <vector>

struct script_runner {
    redis_server redis;
    const std::string lock = "{gate:test}:l:t", calls = "{gate:test}:c", known = "{gate:test}:k",
                      log = "{gate:test}:ev", replicas = "{gate:test}:n";
    static constexpr long window = 60;

    redis_answer run(const gate::store::script& what, const std::vector<std::string>& keys,
                     const std::vector<std::string>& arguments) {
        std::vector<std::string> command{"EVAL", what.text, std::to_string(keys.size())};
        command.insert(command.end(), keys.begin(), keys.end());
        command.insert(command.end(), arguments.begin(), arguments.end());
        return redis(command);
    }

    struct question {
        std::string owner = "me";
        std::string position = "0-0";
        std::string ignored{};
        std::string budget = "10";
        std::string for_waste = "5";
    };
    redis_answer begin(const question& what) {
        return run(gate::store::begin_script(), {lock, calls, known},
                   {what.owner, "t", what.position, what.ignored, what.budget, what.for_waste,
                    std::to_string(window), "300"});
    }
    redis_answer begin() { return begin(question{}); }

    struct end {
        std::string owner = "me";
        std::string answer = "yes";
        std::string is_waste = "0";
        std::string message = "m1";
        std::string life = "130000";
        std::string most = "200000";
    };
    redis_answer finish(const end& what) {
        return run(gate::store::finish_script(), {lock, calls, known, log},
                   {what.owner, "t", what.answer, what.is_waste, std::to_string(window), what.message,
                    what.life, what.most, "2000"});
    }

    redis_answer release(const std::string& owner = "me") {
        return run(gate::store::release_script(), {lock, log}, {owner, "m1", "130000", "200000"});
    }

    redis_answer publish(const std::string& message, const std::string& life = "130000",
                         const std::string& most = "200000") {
        return run(gate::store::publish_script(), {log}, {message, life, most});
    }

    redis_answer beat(const std::string& life = "130000") {
        return run(gate::store::beat_script(), {replicas, log}, {"me", "15", life});
    }

    long long now() { return std::stoll(redis({"TIME"}).list.at(0).text); }  // in seconds
    std::string get(const std::string& key) { return redis({"GET", key}).text; }
    long long number(const std::vector<std::string>& command) { return redis(command).number; }
    // The calls and the wasted calls that are counted.
    long long counted(char kind) {
        long long sum = 0;
        const auto all = redis({"HGETALL", calls}).list;
        for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
            if (all[i].text.front() == kind) sum += std::stoll(all[i + 1].text);
        }
        return sum;
    }
};

// The word that a script's reply begins with.
inline std::string word_of(const redis_answer& reply) {
    if (reply.what == redis_answer::kind::error) return "error: " + reply.text;
    return reply.list.empty() ? std::string() : reply.list.front().text;
}

// Keys of a wrong type, values that were too large, and counts that are none.
using healed = std::array<long long, 3>;
inline healed healed_in(const redis_answer& reply) {
    if (reply.list.empty() || reply.list.back().list.size() != 3) return {};
    const auto& last = reply.list.back().list;
    return {last[0].number, last[1].number, last[2].number};
}

// Of a wrong type for every use.
inline void put_list(script_runner& at, const std::string& key) {
    at.redis({"DEL", key});
    at.redis({"RPUSH", key, "x"});
}

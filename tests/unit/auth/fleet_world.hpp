#pragma once
// A store of a fleet in memory, with one clock, a log and locks, for tests of what auth does with it. What
// is told to a listener is told when deliver() is called.

#include <gate/auth/fleet_member.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

// Shared by all replicas.
struct fleet_log_in_memory {
    static constexpr gate::auth::store_time begin{std::chrono::seconds(1'800'000'000)};

    struct entry {
        gate::auth::log_position id;
        gate::auth::fleet_message message;
    };
    struct lock {
        const void* owner;
        gate::auth::fleet_lock number;
        gate::auth::store_time since;
    };

    gate::auth::store_time now = begin;
    std::vector<entry> entries;
    std::map<gate::auth::token_id, lock> locks;
    std::map<gate::auth::token_id, gate::auth::log_position> done;
    std::uint64_t next_lock = 0;
    int begins = 0;

    gate::auth::log_position add(gate::auth::fleet_message message) {
        const gate::auth::log_position id{entries.size() + 1, 0};
        entries.push_back({id, std::move(message)});
        return id;
    }
};

// The connection of one replica.
class fleet_in_memory final : public gate::auth::fleet {
public:
    fleet_in_memory(fleet_log_in_memory& log, gate::auth::fleet_listener& told, gate::auth::time_source time)
        : log_(log), told_(told), time_(std::move(time)) {}

    void sample() {
        const auto sent = time_.since_boot();
        told_.sampled({log_.now, sent, sent});
    }
    void connect() {
        told_.connected();
        sample();
        deliver();
        told_.caught_up();
    }
    // What the reader has not read yet.
    void deliver() {
        for (; read_ < log_.entries.size(); ++read_) {
            told_.heard(log_.entries[read_].message);
            told_.reached(log_.entries[read_].id);
        }
    }
    void read_again() { read_ = 0; }

    gate::core::task<gate::auth::fleet_turn> begin(gate::auth::fleet_question question,
                                                   gate::core::executor) override {
        questions.push_back(question);
        if (const auto meanwhile = std::exchange(during_begin, {})) meanwhile();
        return turn(question);
    }
    void finish(gate::auth::fleet_lock lock, gate::auth::fleet_result result) override {
        results.push_back(result);
        const auto token = *result.message.token;
        const auto id = log_.add(std::move(result.message));
        const auto held = log_.locks.find(token);
        if (held != log_.locks.end() && held->second.number == lock) log_.locks.erase(held);
        log_.done[token] = id;
    }
    gate::core::task<bool> publish(gate::auth::fleet_notice notice, gate::core::executor) override {
        announce(std::move(notice));
        return !is_away;
    }
    void announce(gate::auth::fleet_notice notice) override {
        notices.push_back(notice);
        gate::auth::fleet_message out;
        out.kind = notice.kind;
        out.at = told_.to_store(notice.at).value_or(log_.now);
        out.token = notice.token;
        out.fingerprint = notice.fingerprint;
        out.account = notice.account;
        out.keys = notice.keys;
        out.until = notice.until == gate::core::never ? gate::auth::store_never
                                                      : told_.to_store(notice.until).value_or(log_.now);
        if (!is_away) log_.add(std::move(out));
    }
    void collect(gate::telemetry::metrics_snapshot&) const override {}
    statistics stats() const override { return {!is_away, 3}; }

    std::function<void()> during_begin{};  // once
    bool is_away = false;
    std::vector<gate::auth::fleet_turn> said_instead;  // the next of them
    std::vector<gate::auth::fleet_question> questions;
    std::vector<gate::auth::fleet_result> results;
    std::vector<gate::auth::fleet_notice> notices;

private:
    gate::auth::fleet_turn turn(const gate::auth::fleet_question& question) {
        using kind = gate::auth::fleet_turn::kind;
        ++log_.begins;
        gate::auth::fleet_turn out;
        if (!said_instead.empty()) {
            out = said_instead.front();
            said_instead.erase(said_instead.begin());
            return out;
        }
        if (is_away) return out;
        out.at = log_.now;
        if (const auto held = log_.locks.find(question.token); held != log_.locks.end()) {
            out.step = kind::wait;
            out.held = "lock " + std::to_string(held->second.number);
            out.held_since = held->second.since;
            out.life = std::chrono::milliseconds(300);
            return out;
        }
        const auto done = log_.done.find(question.token);
        const auto name = done == log_.done.end() ? "" : "done " + std::to_string(done->second.milliseconds);
        if (done != log_.done.end() && done->second > question.seen && name != question.ignored) {
            out.step = kind::read;
            out.held = name;
            out.answer = done->second;
            return out;
        }
        out.step = kind::go;
        out.lock = ++log_.next_lock;
        log_.locks[question.token] = {this, out.lock, log_.now};
        return out;
    }

    fleet_log_in_memory& log_;
    gate::auth::fleet_listener& told_;
    gate::auth::time_source time_;
    std::size_t read_ = 0;
};

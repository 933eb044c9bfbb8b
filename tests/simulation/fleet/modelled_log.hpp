#pragma once
// The store's side of the seam (auth::fleet), in virtual time: one connection for commands and one for the
// reader, over store_line; connecting, probing, falling back, and sending again.

#include "store_line.hpp"

#include <gate/auth/fleet.hpp>

#include <map>

namespace gate::simulation {

class modelled_log : public auth::fleet {
public:
    static constexpr core::duration timeout{50};

    // All outlive this, which lives as long as the run. `ends`: of the run.
    modelled_log(event_queue& queue, store_line& line, auth::fleet_listener& listener, std::size_t replica,
                 core::time_point ends);

    void start();
    // As a program that ends: nothing more is sent.
    void stop() noexcept { is_stopped_ = true; }

    core::task<auth::fleet_turn> begin(auth::fleet_question question, core::executor executor) override;
    void finish(auth::fleet_lock lock, auth::fleet_result result) override;
    core::task<bool> publish(auth::fleet_notice notice, core::executor executor) override;
    void announce(auth::fleet_notice notice) override;
    void collect(telemetry::metrics_snapshot&) const override {}
    statistics stats() const override { return {is_connected_, replicas_}; }

private:
    struct own_lock {
        std::uint64_t token = 0;
        std::uint64_t connection = 0;  // that it was taken on
    };
    struct own_notice {
        auth::fleet_notice notice;
        bool is_acknowledged = false;
    };

    bool is_over() const { return is_stopped_ || queue_.now() >= ends_; }
    core::task<> keep_connected();
    core::task<> keep_beating();
    core::task<> read_log();
    core::task<bool> read_once();
    core::task<> extend(auth::fleet_lock lock);
    core::task<> send_finish(finish_note note, std::uint64_t connection);
    core::task<bool> send(std::shared_ptr<own_notice> own);
    core::task<> send_unattended(std::shared_ptr<own_notice> own);
    core::task<> send_again(bool all);
    auth::fleet_turn turn_of(const begin_reply& reply, std::uint64_t token);
    std::optional<auth::fleet_message> message_of(const auth::fleet_notice& notice) const;
    void connect();
    void lose_connection();
    // Notices a connection that has broken.
    bool is_usable();
    void note_answer(store_time said, core::time_point sent);
    void note_failure();
    void hear(const std::vector<log_entry>& entries);

    event_queue& queue_;
    store_line& line_;
    auth::fleet_listener& listener_;
    const std::size_t replica_;
    const core::time_point ends_;

    bool is_stopped_ = false;
    bool is_connected_ = false;
    std::uint64_t connection_ = 0;  // how often it was set up
    std::uint64_t epoch_ = 0;       // of the line, when it was
    int failures_ = 0;              // in a row
    unsigned replicas_ = 1;

    log_position position_;       // of the reader
    log_position catches_up_at_;  // the newest when the connection was set up
    bool is_catching_up_ = false;
    core::time_point compared_at_{};

    std::map<auth::fleet_lock, own_lock> locks_;
    std::vector<std::shared_ptr<own_notice>> notices_;  // that are young
};

// The number that a token of the simulation has, and back.
std::uint64_t number_of(const auth::token_id& token);
auth::token_id id_of(std::uint64_t token);

}  // namespace gate::simulation

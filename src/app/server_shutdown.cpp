// What shutdown_phases decides, carried out.
#include <gate/app/descriptors.hpp>
#include <gate/app/server.hpp>

#include <csignal>
#include <cstdlib>

namespace gate::app {

void server::on_signal(int number) {
    if (number == SIGHUP) {
        ask_for_reload([](const reload_outcome&) {});  // the log and the metrics tell
    } else if (number == SIGUSR1) {
        carry_out(shutdown_.phases.announce());
    } else {
        carry_out(shutdown_.phases.terminate(core::clock::now(), now().shutdown));
    }
}

void server::look_at_shutdown() {
    const auto time = core::clock::now();
    const bool has_ended = workers_.count_sessions() == 0 && !reload_.is_under_way;
    const bool is_idle = has_ended && spans_.are_out(workers_, time);
    carry_out(shutdown_.phases.look(time, is_idle, now().shutdown));
}

// Load balancers have time to notice that it is not ready any more.
void server::carry_out(const shutdown_phases::tasks& todo) {
    if (todo.announces) {
        events_.info("draining");
        health_.draining = true;
        workers_.announce_drain();
        service_manager_.draining();
    }
    if (todo.shuts_down) {
        events_.info("shutting down", {{"shutdown.delay_ms", now().shutdown.delay.count()},
                                       {"shutdown.grace_ms", now().shutdown.grace.count()}});
        service_manager_.stopping();
    }
    if (todo.drains) {
        spans_.may_last_until(core::clock::now() + now().shutdown.grace);
        workers_.drain();
    }
    if (todo.cuts) cut_sessions();
    using ending = shutdown_phases::ending;
    if (todo.ends == ending::orderly) return end();
    if (todo.ends == ending::without_waiting) end_at_once(shutdown_.phases.exit_code());
    if (todo.look_at == core::never) return;
    shutdown_.timer.expires_at(todo.look_at);
    shutdown_.timer.async_wait([this](const core::error_code& ec) {
        if (!ec) look_at_shutdown();
    });
}

// Before the process goes: the kernel would close it, and what has no length would look complete (rule 26).
void server::cut_sessions() {
    spans_.may_last_until(core::clock::now() + shutdown_phases::time_to_unwind / 2);
    events_.warn(shutdown_.phases.exit_code() == 0 ? "ending exchanges that outlived the grace period"
                                                   : "ending immediately",
                 {{"sessions", workers_.count_sessions()}});
    workers_.cut();
}

void server::end() {
    service_manager_.stop();
    upstreams_.stop();
    key_watch_.stop();
    controls_.stop();
    echo_.stop();
    page_.stop();
    config_watch_.stop();
    certificate_dates_.stop();
    signals_.cancel();
    control_.stop();
}

// Nothing is unwound: what still runs is left to the operating system, which resets it.
void server::end_at_once(int code) {
    events_.warn("ending immediately", {{"sessions", workers_.count_sessions()}});
    reset_connections_at_exit();
    leave(code);
}

// Without the destructors: what is not for the operating system to do is done here.
void server::leave(int code) {
    log_output_.flush();
    sockets_.remove_files();
    std::_Exit(code);
}

}  // namespace gate::app

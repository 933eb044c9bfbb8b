#pragma once
// All workers: they begin together, are told together, and end together.

#include <gate/app/worker.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace gate::app {

// How many workers serve.
unsigned worker_count(const config::config& options);

// Belongs to the control thread, but for count_sessions().
class worker_group {
public:
    // `control` outlives this object.
    explicit worker_group(core::asio::io_context& control) : control_(control) {}

    // Makes so many workers. Once.
    void make(unsigned count, const shared_parts& parts, const worker_settings& settings);
    // Has each of them accept connections from its own of these; see worker. After make(), before start().
    void listen(std::size_t listener, std::vector<worker_sockets> at);
    void listen_to_proxies(std::vector<worker_sockets> at);

    // Each on its own thread: see worker.
    void start();
    void look_at_addresses();
    void announce_drain();
    void drain();
    void cut();
    void stop();

    // Has `act` called for each worker; ends when every worker has called `done`, on whatever thread.
    using action = std::function<void(worker& each, std::function<void()> done)>;
    core::task<> on_all(action act);

    // Calls `done` on the control thread once every worker has answered, which one that hangs does not.
    void ask_all(const std::function<void()>& done);

    // Thread-safe after make().
    std::size_t count_sessions() const noexcept;

private:
    core::asio::io_context& control_;
    std::vector<std::unique_ptr<worker>> workers_;
};

}  // namespace gate::app

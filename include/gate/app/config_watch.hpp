#pragma once
// Sees when a file has changed of which only the whole content counts, or one of the files that it names: the
// configuration file, or another. When its directory changes, slowly but steadily, and when an operator asks.
// A file that is being written must not be taken for a whole one: its content counts once two looks in a row
// find the same bytes.

#include <gate/app/file_watch.hpp>
#include <gate/config/scalars.hpp>
#include <gate/config/yaml_tree.hpp>
#include <gate/core/asio.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gate::app {

// Not thread-safe: belongs to the thread of `control`.
class config_watch {
public:
    struct pace {
        core::duration poll = std::chrono::seconds(10);  // a file system may not tell of changes
        core::duration look{200};                        // between two looks
        std::size_t most_bytes = config::most_file_bytes;
    };
    static constexpr int most_looks = 50;  // then a file that changes all the time is a problem

    // The content of the file, or why there is none; "" where no file is configured.
    using content = config::parsed<std::string>;
    // Called with each content that is new, and with any that was asked for; not again before finished().
    using receiver = std::function<void(content)>;

    config_watch(core::executor control, std::optional<std::string> path, receiver found, pace speed);
    config_watch(core::executor control, std::optional<std::string> path, receiver found)
        : config_watch(control, std::move(path), std::move(found), pace()) {}

    // `known`: the content that the program has started with.
    void start(std::string_view known);
    void stop();

    // Files whose content counts beside that of the configuration file. `as_read`: the digests of what is
    // known of them, by path; of the others it is what they hold now.
    void watch_also(std::vector<std::string> files, std::map<std::string, std::string> as_read = {});

    // An operator asks: what is there is received soon, although it may be known.
    void ask();

    // What was received has been dealt with.
    void finished();

private:
    enum class state : std::uint8_t { stopped, waiting, settling, busy };

    void on_sign();
    void wait();
    void look_first();
    void look_again();
    void after(core::duration pause, void (config_watch::*next)());
    void receive(content what);
    content read() const;
    std::string digest_of_all(const content& text) const;
    std::string known_of_others() const;

    const std::optional<std::string> path_;
    const receiver found_;
    const pace pace_;
    std::optional<file_watch> directory_;
    core::timer timer_;
    std::vector<std::string> also_;
    std::map<std::string, std::string> as_read_;
    std::string known_;    // digest of what was received last, and of the files beside it
    std::string seen_;     // of the look before, while settling
    std::string handled_;  // digest of the text alone that was received last
    int looks_ = 0;
    unsigned turn_ = 0;  // of the timer: what was waited for before does not count
    state state_ = state::stopped;
    bool asked_ = false;
    bool has_sign_ = false;  // while it could not look
};

}  // namespace gate::app

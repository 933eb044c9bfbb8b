#pragma once
// The secret keys that may be shown to Gate: the one in use and, after a change, the new one beside it. A new
// key takes over when Gate has accepted it, and not before: until then both are kept, so that neither a key
// that is not active yet nor one that was mistyped costs a request.
//
// The digests of the token cache keep the id of the key that the process has begun with (rule 10): what an
// old key has vouched for ends with its TTL, as everything in the cache does. A new key belongs to the same
// organization, or Gate would not know the tokens either.

#include <gate/core/clock.hpp>
#include <gate/core/mutex.hpp>
#include <gate/core/secret_string.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace gate::verify {

using key_pointer = std::shared_ptr<const core::secret_string>;

// While one call tries a new key the others go on with the old one, for so long: then another call tries.
inline constexpr std::chrono::seconds key_trial_gap{1};
// A refused new key is tried again that often while the old one works: perhaps it was not active yet.
inline constexpr std::chrono::seconds key_try_again{60};

enum class key_event : std::uint8_t {
    none,
    all_refused,      // Gate has refused the last one that there was to try
    new_key_refused,  // the new key was refused while the old one works: the change has failed
    replaced,         // the new key works; the old one is gone
    works_again,      // the key in use is accepted again after all were refused
};

enum class key_offer : std::uint8_t {
    known,      // it is one of those that are kept
    fresh,      // it will be tried
    withdrawn,  // it is the one in use: the new one that was waiting is gone
};

// Pure: event, now -> action. Keys are compared by their content.
class key_ring_core {
public:
    // An empty key is none: the first one that is offered is used immediately.
    explicit key_ring_core(key_pointer in_use) noexcept;

    // A key that was read: the one that is wanted from now on. One that waits already is replaced.
    key_offer offer(key_pointer fresh);

    // The key to show first in a call that begins now. May be null or empty: there is none.
    key_pointer first(core::time_point now);

    // The same for a call that should not be the one to try a new key.
    key_pointer best() const;

    // The key of our organization, as far as is known: none that has not worked yet. May be null or empty.
    key_pointer in_use() const { return in_use_.key; }

    // The one to try when Gate has refused `tried`, or null.
    key_pointer other_than(const core::secret_string& tried) const;

    // The one whose result counts when Gate refuses a token under `tried`, which has not accepted one yet; or
    // null.
    key_pointer to_confirm(const core::secret_string& tried) const;

    // The result of a call: Gate answered about the token, or refused the key with a 401 or 403. Keys that
    // are not kept any more change nothing.
    key_event worked(const core::secret_string& key);
    key_event refused(const core::secret_string& key, core::time_point now);

    // Under this new key Gate refuses a token that it accepts under the one in use: it is the key of somebody
    // else, or of another environment. As good as refused, until it accepts a token; and its no counts no
    // more.
    void contradicted(const core::secret_string& key, core::time_point now);
    bool is_contradicted(const core::secret_string& key) const;

    bool all_refused() const noexcept { return all_refused_; }     // until one works
    bool new_key_refused() const noexcept { return new_failed_; }  // until it works, or changes

private:
    struct entry {
        key_pointer key;
        bool is_refused = false;
        bool is_contradicted = false;
    };
    bool is(const entry& kept, const core::secret_string& key) const;
    void take_over() noexcept;

    entry in_use_;
    entry new_;  // null: nothing waits
    core::time_point try_new_at_ = core::time_point::min();
    bool all_refused_ = false;
    bool new_failed_ = false;
};

// key_ring_core with a mutex. Thread-safe.
class key_ring {
public:
    // Told what happens, on the thread where it happens. Must be thread-safe, and outlive the last call.
    using listener = std::function<void(key_event)>;
    // Looks, where the keys come from, for another one than `refused`, offers what it finds, and calls
    // `then`, on any thread; or, for the end of the program, never. Thread-safe, and outlives the last call.
    using reader = std::function<void(key_pointer refused, std::function<void()> then)>;

    // Without `read_again` the keys cannot change by themselves.
    explicit key_ring(core::secret_string in_use, listener tell = {}, reader read_again = {});

    key_offer offer(core::secret_string fresh);
    key_pointer first(core::time_point now);
    key_pointer best() const;
    key_pointer in_use() const;
    key_pointer other_than(const core::secret_string& tried) const;
    bool is_contradicted(const core::secret_string& key) const;
    key_pointer to_confirm(const core::secret_string& tried) const;
    void worked(const core::secret_string& key);
    void contradicted(const core::secret_string& key, core::time_point now);
    // The key to try in its place, or null.
    key_pointer refused(const core::secret_string& key, core::time_point now);

    bool all_refused() const;
    bool new_key_refused() const;

    const reader& read_again() const noexcept { return read_again_; }  // perhaps empty

private:
    void tell(key_event what) const;

    const listener tell_;
    const reader read_again_;
    mutable core::mutex mutex_;
    key_ring_core core_ GATE_GUARDED_BY(mutex_);
};

}  // namespace gate::verify

#pragma once
// What the store does in one step, as Lua. Each script gets all its keys as KEYS, and heals a key of a wrong
// type by deleting it. Times are the store's own, in microseconds, as text: Lua's numbers become integers of
// 64 bits only in replies. A reply ends with [keys of a wrong type, values that were too large, counts that
// are none] where there were any.

#include <string>
#include <string_view>

namespace gate::store {

struct script {
    std::string text;
    std::string sha1;  // lower-case hex, for EVALSHA
};

// May the caller ask Gate about a token?
//   KEYS  lock, calls, known tokens
//   ARGV  owner (sealed, for the lock), token id, position of the reader ("<ms>-<seq>"), a value of the lock
//   to
//         ignore ("": none), budget, part of it for refused tokens (0: none is held), window in seconds, the
//         lock's life in ms
//   reply ["go", time]            the lock is taken, the call is counted
//         ["read", time, id]      an answer stands in the log at `id`, behind the position
//         ["wait", time, value, life]  somebody else asks; life in ms: -1 none
//         ["later", time, in, why]     in ms; why "calls" or "waste"
const script& begin_script();

// KEYS lock; ARGV owner, life in ms. Reply 1: it is ours, and lives on; 0.
const script& extend_script();

// After a call, a failed one too.
//   KEYS  lock, calls, known tokens, log
//   ARGV  owner, token id, "yes", "no" or "failed", 1 if it was wasted, window in seconds, message ("":
//   none),
//         longest life of a message in ms, most messages, life of "done" in ms
//   reply [time, id of the message or ""]
const script& finish_script();

// A lock that was taken for an owner that has not been told, is gone, and a message says so.
//   KEYS  lock, log
//   ARGV  owner, message, longest life of a message in ms, most messages
//   reply [id of the message; "": the lock is not its]
const script& release_script();

// KEYS log; ARGV message, longest life of a message in ms, most messages. With a token that is known no more:
// KEYS known tokens; ARGV its id. Reply [time, id].
const script& publish_script();

// "I am here", and the log is still needed.
//   KEYS  replicas, log
//   ARGV  our name, life of a beat in seconds, longest life of a message in ms
//   reply [time, 1 if we were known, number of replicas]
const script& beat_script();

// Sets or ("") takes away a block, if the one that stands there is the expected one ("": none).
//   KEYS blocks; ARGV field, expected value, value, most blocks. Reply [what]: "done"; "other": another one
//   stands there; "full": there are too many.
const script& put_block_script();

}  // namespace gate::store

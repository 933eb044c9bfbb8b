#include <gate/core/hex.hpp>
#include <gate/store/scripts.hpp>

#include <openssl/sha.h>

#include <array>
#include <initializer_list>
#include <span>

namespace gate::store {
namespace {

// Runs a command again where its key was of a wrong type, or held what cannot be: such a key is deleted.
// Every other error (the store is full, read-only, ...) ends the script: nothing is lost by it. What was
// healed stands at the end of the answer, where anything was: how many keys of a wrong type, how many values
// that were too large, and how many counts that are none.
constexpr std::string_view heal_text = R"lua(
local types, sizes, counts = 0, 0, 0
local function told(answer)
  if types + sizes + counts > 0 then answer[#answer + 1] = {types, sizes, counts} end
  return answer
end
local function heal(...)
  local got = redis.pcall(...)
  if type(got) ~= 'table' or not got.err then return got end
  local cause = got.err
  local function says(text) return string.find(cause, text, 1, true) end
  local is_damaged = says('WRONGTYPE') or says('not an integer') or says('overflow') or says('exhausted') or says('equal or smaller')
  if not is_damaged then error(cause) end
  types = types + 1
  local key = select(2, ...)
  redis.call('DEL', key)
  return redis.call(...)
end
)lua";

constexpr std::string_view begin_text = R"lua(
local lock, calls, known = KEYS[1], KEYS[2], KEYS[3]
local owner, id, position, ignore = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local budget, unknown, window, life = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local t = redis.call('TIME')
local second = tonumber(t[1])
local time = t[1] .. string.format('%06d', tonumber(t[2]))
local function parts(text)
  local ms, seq = string.match(text, '^(%d+)%-(%d+)$')
  return tonumber(ms), tonumber(seq)
end
local function is_behind(a, b)
  local am, as = parts(a)
  local bm, bs = parts(b)
  if not am then return false end
  return not bm or am > bm or (am == bm and as > bs)
end
local held = heal('GET', lock)
if held and #held > 1024 then
  redis.call('DEL', lock)
  sizes = sizes + 1
  held = nil
end
if held and held ~= ignore then
  if string.sub(held, 1, 5) == 'done ' then
    local at = string.sub(held, 6)
    if is_behind(at, position) then return told({'read', time, at}) end
  else
    return told({'wait', time, held, redis.call('PTTL', lock)})
  end
end
local size = heal('HLEN', calls)
if size > 4 * window + 64 then
  redis.call('DEL', calls)
  sizes = sizes + 1
  size = 0
end
local made, wasted, first_call, first_waste = 0, 0, nil, nil
if size > 0 then
  local all = redis.call('HGETALL', calls)
  local old = {}
  for i = 1, #all, 2 do
    local kind, at = string.match(all[i], '^([cw])(%d+)$')
    at = tonumber(at)
    local count = tonumber(all[i + 1])
    -- What began late in its second counts at Gate until a window later. A second ahead is of a store that
    -- was another one: no lie.
    if not at or not count or count < 1 or count > 1e9 or count ~= math.floor(count) then
      old[#old + 1] = all[i]
      counts = counts + 1
    elseif at < second - window or at > second + 1 then
      old[#old + 1] = all[i]
    else
      if kind == 'c' then
        made = made + count
        if not first_call or at < first_call then first_call = at end
      else
        wasted = wasted + count
        if not first_waste or at < first_waste then first_waste = at end
      end
    end
  end
  for i = 1, #old do redis.call('HDEL', calls, old[i]) end
end
local function later(first, why)
  local ends = (first + window + 1) * 1000 - second * 1000 - math.floor(tonumber(t[2]) / 1000)
  return told({'later', time, math.max(1, ends), why})
end
if budget > 0 and made >= budget then return later(first_call or second, 'calls') end
if unknown > 0 and wasted >= unknown and not heal('ZSCORE', known, id) then return later(first_waste or second, 'waste') end
redis.call('SET', lock, owner, 'PX', life)
heal('HINCRBY', calls, 'c' .. t[1], 1)
redis.call('EXPIRE', calls, window + 2)
return told({'go', time})
)lua";

constexpr std::string_view extend_text = R"lua(
local held = redis.pcall('GET', KEYS[1])
if held ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
)lua";

// The log is gone when its newest message can mean nothing any more: a pause ends an hour ahead at most. Each
// beat puts that off, so that it happens only after the last replica has left. Nobody brings it forward:
// replicas may have other lives.
constexpr std::string_view keep_text = R"lua(
local function keep(log, life)
  local span = tonumber(life) + 3600000
  if redis.call('PTTL', log) < span then redis.call('PEXPIRE', log, string.format('%.0f', span)) end
end
)lua";

// Trims what is older than the longest life by the store's own time, and by number.
constexpr std::string_view log_text = R"lua(
local function add(log, message, life, most)
  local got = heal('XADD', log, '*', 'm', message)
  local t = redis.call('TIME')
  local oldest = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000) - tonumber(life)
  redis.call('XTRIM', log, 'MINID', '~', string.format('%.0f', math.max(0, oldest)))
  redis.call('XTRIM', log, 'MAXLEN', '~', most)
  keep(log, life)
  return got
end
)lua";

constexpr std::string_view finish_text = R"lua(
local lock, calls, known, log = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local owner, id, answer, is_waste, window = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local message, life, most, done_life = ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local t = redis.call('TIME')
local time = t[1] .. string.format('%06d', tonumber(t[2]))
if answer == 'yes' then
  heal('ZADD', known, t[1], id)
  redis.call('ZREMRANGEBYSCORE', known, '-inf', tonumber(t[1]) - 86400)
  redis.call('ZREMRANGEBYSCORE', known, tonumber(t[1]) + 1, '+inf')
  redis.call('ZREMRANGEBYRANK', known, 0, -100001)
  redis.call('EXPIRE', known, 86400)
elseif answer == 'no' then
  heal('ZREM', known, id)
end
if is_waste == '1' then
  heal('HINCRBY', calls, 'w' .. t[1], 1)
  redis.call('EXPIRE', calls, tonumber(window) + 2)
end
local at = ''
if message ~= '' then
  at = add(log, message, life, most)
end
local held = redis.pcall('GET', lock)
local is_damaged = type(held) == 'table' and held.err
if is_damaged then types = types + 1 end
local is_free = not held or is_damaged
if is_free or held == owner then
  if at == '' then
    redis.call('DEL', lock)
  else
    redis.call('SET', lock, 'done ' .. at, 'PX', done_life)
  end
end
return told({time, at})
)lua";

constexpr std::string_view release_text = R"lua(
local held = redis.pcall('GET', KEYS[1])
if held ~= ARGV[1] then return {''} end
redis.call('DEL', KEYS[1])
return told({add(KEYS[2], ARGV[2], ARGV[3], ARGV[4])})
)lua";

constexpr std::string_view publish_text = R"lua(
local t = redis.call('TIME')
local at = add(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
if KEYS[2] then heal('ZREM', KEYS[2], ARGV[4]) end
return told({t[1] .. string.format('%06d', tonumber(t[2])), at})
)lua";

constexpr std::string_view beat_text = R"lua(
local key, replica, life = KEYS[1], ARGV[1], tonumber(ARGV[2])
local t = redis.call('TIME')
local now = tonumber(t[1])
local known = heal('ZSCORE', key, replica)
redis.call('ZADD', key, t[1], replica)
redis.call('ZREMRANGEBYSCORE', key, '-inf', now - life)
redis.call('ZREMRANGEBYSCORE', key, now + 1, '+inf')
redis.call('ZREMRANGEBYRANK', key, 0, -101)
redis.call('EXPIRE', key, life)
keep(KEYS[2], ARGV[3])
return told({t[1] .. string.format('%06d', tonumber(t[2])), known and 1 or 0, redis.call('ZCARD', key)})
)lua";

constexpr std::string_view put_block_text = R"lua(
local key, field, expected, value, most = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local held = heal('HGET', key, field)
if (held or '') ~= expected then return told({'other'}) end
if value == '' then
  redis.call('HDEL', key, field)
  return told({'done'})
end
if not held and redis.call('HLEN', key) >= most then return told({'full'}) end
redis.call('HSET', key, field, value)
return told({'done'})
)lua";

script make(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const auto part : parts) text += part;
    std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest;
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    script out{text, std::string(2 * digest.size(), '\0')};
    core::write_hex(digest, out.sha1.data());
    return out;
}

}  // namespace

const script& begin_script() {
    static const script made = make({heal_text, begin_text});
    return made;
}

const script& extend_script() {
    static const script made = make({extend_text});
    return made;
}

const script& finish_script() {
    static const script made = make({heal_text, keep_text, log_text, finish_text});
    return made;
}

const script& release_script() {
    static const script made = make({heal_text, keep_text, log_text, release_text});
    return made;
}

const script& publish_script() {
    static const script made = make({heal_text, keep_text, log_text, publish_text});
    return made;
}

const script& beat_script() {
    static const script made = make({heal_text, keep_text, beat_text});
    return made;
}

const script& put_block_script() {
    static const script made = make({heal_text, put_block_text});
    return made;
}

}  // namespace gate::store

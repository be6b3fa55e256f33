//! The bucket's sums as Redis does them, in one step for many buckets.
//!
//! They are those of [`Bucket`](crate::limit::bucket::Bucket), and a test holds the two together. Numbers of Lua
//! hold 53 bits: the time in microseconds, and what a bucket of the largest rule can owe, are within; what is
//! beyond is only ever compared with what is not.

use std::sync::LazyLock;

use redis::Script;

/// Takes from buckets and puts back, in order; answers for each whether it was there and what is owed then.
///
/// For `KEYS[i]` there are four arguments: tokens per minute, tokens of a full bucket, tokens to take (or, below
/// zero, to put back), and parts of a token. A bucket is text, what is owed and when; one that is full is no
/// key, so each key lapses at the millisecond in which its bucket is full again.
pub(super) static RATE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local time = redis.call('TIME')
         local now = time[1] * 1000000 + time[2]
         local answers = {}
         for i, key in ipairs(KEYS) do
             local per_minute, burst = tonumber(ARGV[i * 4 - 3]), tonumber(ARGV[i * 4 - 2])
             local amount, token = tonumber(ARGV[i * 4 - 1]), tonumber(ARGV[i * 4])
             local full = burst * token
             local owed, at = 0, now
             local held = redis.pcall('GET', key)
             if type(held) == 'string' then
                 local held_owed, held_at = held:match('^(%d+) (%d+)$')
                 if held_owed then
                     owed, at = tonumber(held_owed), tonumber(held_at)
                 end
             end
             local back = math.max(0, now - at) * per_minute
             local before = owed
             owed = math.min(math.max(0, owed - back), full)
             local allowed = owed + amount * token <= full
             if allowed then
                 owed = math.max(0, owed + amount * token)
             end
             if owed > 0 then
                 -- Of a clock that went backwards what was refused has to be noted, too: else nothing would come
                 -- back until it is again where it was.
                 if allowed or now < at then
                     local lifetime = math.floor(owed / per_minute / 1000) + 1
                     local value = string.format('%.0f %.0f', owed, now)
                     redis.call('SET', key, value, 'PX', string.format('%.0f', lifetime))
                 end
             elseif before > 0 then
                 redis.call('DEL', key)
             end
             answers[i * 2 - 1] = allowed and 1 or 0
             answers[i * 2] = owed
         end
         return answers",
    )
});

//! What Redis does in one step, so that no other node comes between.

use std::sync::LazyLock;

use redis::Script;

/// Stores values, each unless one that was read later is there; answers how many were not stored.
///
/// `ARGV[1]` is their lifetime in milliseconds, `ARGV[i + 1]` the value of `KEYS[i]`. Sequences are compared
/// in two halves: a number of Lua holds 53 bits exactly, and texts are compared by the server's locale.
/// Whatever is not a value of the same format is replaced.
pub(super) static FILL: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local outdated = 0
         for i, key in ipairs(KEYS) do
             local value = ARGV[i + 1]
             local held = redis.pcall('GETRANGE', key, 0, 8)
             local later = false
             if type(held) == 'string' and #held == 9 and held:byte() == value:byte() then
                 local high, low = struct.unpack('>I4I4', value, 2)
                 local held_high, held_low = struct.unpack('>I4I4', held, 2)
                 later = held_high > high or (held_high == high and held_low > low)
             end
             if later then
                 outdated = outdated + 1
             else
                 redis.call('SET', key, value, 'PX', ARGV[1])
             end
         end
         return outdated",
    )
});

/// Removes a lock, if it is still the one with this token.
pub(crate) static UNLOCK: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end",
    )
});

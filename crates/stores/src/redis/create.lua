-- KEYS: the task, those that are kept, those that ended.
-- ARGV: its id, its revision, its record, its time, how many may be kept, what keys of tasks begin with, channel, sender.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, late in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 100)) do
    redis.call('ZREM', KEYS[2], late)
    redis.call('ZREM', KEYS[3], late)
end
while redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[5]) do
    local first = redis.call('ZPOPMIN', KEYS[3])[1]
    if not first then
        return 0
    end
    redis.call('ZREM', KEYS[2], first)
    redis.call('DEL', ARGV[6] .. first)
end
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'record', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('ZADD', KEYS[2], now + ARGV[4], ARGV[1])
redis.call('PUBLISH', ARGV[7], ARGV[8] .. '\n' .. ARGV[3])
return 1

-- KEYS: the task, those that ended.
-- ARGV: its id, the revision before, its revision, its record, whether it ended, channel, sender.
if redis.call('HGET', KEYS[1], 'revision') ~= ARGV[2] then
    return 0
end
redis.call('HSET', KEYS[1], 'revision', ARGV[3], 'record', ARGV[4])
if ARGV[5] == '1' then
    local time = redis.call('TIME')
    redis.call('ZADD', KEYS[2], 'NX', time[1] * 1000000 + time[2], ARGV[1])
end
redis.call('PUBLISH', ARGV[6], ARGV[7] .. '\n' .. ARGV[4])
return 1

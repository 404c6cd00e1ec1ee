-- KEYS: the session.
-- ARGV: the revision before, its record, for how many milliseconds it is kept.
local kept = redis.call('GET', KEYS[1])
if not kept or cjson.decode(kept).revision ~= tonumber(ARGV[1]) then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1

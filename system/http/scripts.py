"""The steps that all workers take one at a time, inside Redis. One hash per provider holds all of its state.

Every budget is a token bucket that is small (``SHARE`` of the limit, and room for the heaviest call) and is refilled at
what then remains of the limit per window, so that no window of that length, wherever it begins, can hold more than the
limit. While all calls weigh the same, only whole calls fit into a window, and the bucket may be refilled faster.

Tokens are reserved: a worker that has to wait is told for how long and finds its place free then, so that a crowd
leaves one by one and nobody asks again and again.
"""

SHARE = 0.04
"""Part of a budget that may be used in one burst."""

NOW = """
local now = tonumber(ARGV[1])
if not now then local t = redis.call('TIME'); now = t[1] + t[2] / 1000000 end
local function get(field) return tonumber(redis.call('HGET', KEYS[1], field) or 0) end
local function text(number) return string.format('%.6f', number) end
-- What is used of the newest window that somebody has a place in, and of the one before.
local function used(window)
  if window == get('window') then return get('used') end
  return window == get('window') - 1 and get('used_before') or 0
end
local function count(window, weight)
  if window > get('window') then
    redis.call('HSET', KEYS[1], 'used_before', text(used(window - 1)), 'used', '0')
    redis.call('HSET', KEYS[1], 'window', string.format('%d', window))
  end
  redis.call('HINCRBYFLOAT', KEYS[1], window < get('window') and 'used_before' or 'used', text(weight))
end
"""

TAKE = (
    NOW
    + """
-- ARGV: now, patience, weight, length of the counted window, share, then per budget: name, limit, window, cost
-- Returns: what, seconds, moment, refusals in a row
local banned = get('banned_until')
if banned > now then return {'banned', text(banned - now), text(banned), get('streak')} end
local wait, left, share = 0, {}, tonumber(ARGV[5])
for i = 6, #ARGV, 4 do
  local name, limit, window, cost = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local heaviest = math.max(get('heaviest:' .. name), cost)
  local lightest = math.min(tonumber(redis.call('HGET', KEYS[1], 'lightest:' .. name) or cost), cost)
  local capacity = math.max(limit * share, heaviest)
  local room = math.max(limit - capacity, limit / 20)
  if lightest == heaviest then room = math.floor(limit / cost) * cost + cost - capacity end
  local rate = room / window
  local state = redis.call('HMGET', KEYS[1], 'tokens:' .. name, 'at:' .. name)
  -- A clock that was put back: else nothing were refilled until the old time comes again.
  if tonumber(state[2] or now) > now then redis.call('HSET', KEYS[1], 'at:' .. name, text(now)) end
  local tokens = tonumber(state[1] or capacity) + math.max(0, now - tonumber(state[2] or now)) * rate
  tokens = math.min(tokens, capacity)
  wait = math.max(wait, (cost - tokens) / rate)
  left[name] = {tokens - cost, heaviest, lightest}
end
if wait > tonumber(ARGV[2]) then return {'late', text(wait), text(now + wait), get('streak')} end
for name, state in pairs(left) do
  redis.call('HSET', KEYS[1], 'tokens:' .. name, text(state[1]), 'at:' .. name, text(now),
             'heaviest:' .. name, text(state[2]), 'lightest:' .. name, text(state[3]))
end
count(math.floor((now + wait) / tonumber(ARGV[4])), tonumber(ARGV[3]))
redis.call('EXPIRE', KEYS[1], 1209600)
return {'go', text(wait), text(now + wait), get('streak')}
"""
)

BANNED = (
    NOW
    + """
-- Returns: seconds that the provider stays closed, moment of the end
local banned = get('banned_until')
return {text(math.max(0, banned - now)), text(banned)}
"""
)

BAN = (
    NOW
    + """
-- ARGV: now, seconds that the provider named (or nothing), first default, longest, text
-- Returns: seconds that the provider stays closed, moment of the end
local banned, seconds = get('banned_until'), tonumber(ARGV[2])
if not seconds and banned > now then
  seconds = banned - now
elseif not seconds then
  seconds = tonumber(ARGV[3]) * 2 ^ math.min(get('streak'), 20)
end
if banned <= now then redis.call('HINCRBY', KEYS[1], 'streak', 1) end
banned = math.max(banned, now + math.min(seconds, tonumber(ARGV[4])) + 0.001) -- rounding must not end it early
redis.call('HSET', KEYS[1], 'banned_until', text(banned), 'error', ARGV[5], 'error_at', text(now))
redis.call('EXPIRE', KEYS[1], 1209600)
return {text(banned - now), text(banned)}
"""
)

SETTLE = (
    NOW
    + """
-- After an answer. ARGV: now, use that the provider told (or nothing), window that it counts, name of the first budget
redis.call('HDEL', KEYS[1], 'streak')
local told = tonumber(ARGV[2])
if not told then return 0 end
local window = tonumber(ARGV[3])
local present = math.floor(now / window)
local own = used(present)
if now - present * window < window / 12 then own = math.max(own, used(present - 1)) end -- its clock may be behind
if told <= own then return 0 end
redis.call('HINCRBYFLOAT', KEYS[1], 'tokens:' .. ARGV[4], text(own - told))
count(present, told - own)
return 1
"""
)

FAULT = (
    NOW
    + """
-- ARGV: now, text
redis.call('HSET', KEYS[1], 'error', ARGV[2], 'error_at', text(now))
redis.call('EXPIRE', KEYS[1], 1209600)
return 1
"""
)

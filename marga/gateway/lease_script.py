"""The one script that moves parts of limits between workers; Redis runs it as a whole or not at all.

It keeps `lease:NAME`, a hash of worker -> "held used when", and `wants`, what somebody lacks. A worker that is not in a
hash holds its equal part of that limit, so a limit that nobody exceeds costs Redis nothing. What a worker says that it
holds is true by definition, and only grants of this script ever raise it: a lost answer leaves too little in use, never
too much.
"""

from __future__ import annotations

import hashlib

DEAD_MILLISECONDS = 90_000
"""After so long in silence a worker counts as back at its equal part; it has gone back by itself long before."""

WANT_MILLISECONDS = 1_500
KEPT_MILLISECONDS = 180_000

TEXT = """
local prefix, slot, workers = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local run, number, settling = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local entries = cjson.decode(ARGV[7])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function whole(value) return string.format('%.0f', value) end

-- A request that was overtaken by a later one of the same worker tells of a state that is gone.
local before = redis.call('HGET', prefix .. 'workers', slot)
if before then
  local its_run, its_number = string.match(before, '(%S+) (%d+)')
  if its_run == run and tonumber(its_number) >= number then return cjson.encode({stale = true}) end
end
redis.call('HSET', prefix .. 'workers', slot, run .. ' ' .. number)

-- After Redis lost its memory, nobody gets more than an equal part until all have said what they hold.
local born = tonumber(redis.call('GET', prefix .. 'born'))
if not born then
  born = now
  redis.call('SET', prefix .. 'born', whole(now))
end
local is_settling = now - born < settling

local function share(left, turn, who)
  if who >= workers or left <= 0 then return 0 end
  local extra = ((who + turn) % workers < left % workers) and 1 or 0
  return math.floor(left / workers) + extra
end

-- Of several that lack the same, those come first who use less than an equal part, then whose turn it is in this
-- second: else each would keep a bit
-- that is too little for all of them.
local turn_now = math.floor(now / 1000)
local function beats(other, its_poor, me, i_am_poor)
  if its_poor ~= i_am_poor then return its_poor end
  return (other + turn_now) % workers < (me + turn_now) % workers
end

local answers = {}
for index, entry in ipairs(entries) do
  local name, turn, total, gone = entry[1], entry[2], entry[3], entry[4]
  local held, used, want, is_asking, is_leaving = entry[5], entry[6], entry[7], entry[8], entry[9]
  local key = prefix .. 'lease:' .. name
  local rows = redis.call('HGETALL', key)
  local others, elsewhere, seen = 0, 0, {}
  for i = 1, #rows, 2 do
    if rows[i] == 'gone' then
      gone = math.max(gone, tonumber(rows[i + 1]))
    elseif tonumber(rows[i]) ~= slot then
      local its_held, its_used, at = string.match(rows[i + 1], '(%-?%d+) (%d+) (%d+)')
      if now - tonumber(at) > DEAD then
        redis.call('HDEL', key, rows[i])
      else
        seen[tonumber(rows[i])] = true
        others = others + math.max(0, tonumber(its_held))
        elsewhere = elsewhere + tonumber(its_used)
      end
    end
  end
  local left = total - gone
  for who = 0, workers - 1 do
    if who ~= slot and not seen[who] then others = others + share(left, turn, who) end
  end
  local grant = math.max(0, math.min(want, left - others - held))
  local own = share(left, turn, slot)
  if grant > 0 then
    for who = 0, workers - 1 do
      local asked = who ~= slot and redis.call('HGET', prefix .. 'wants', name .. '|' .. who)
      if asked then
        asked = cjson.decode(asked)
        local is_first = not is_asking or beats(who, asked.is_poor, slot, used < own)
        if is_first and now - tonumber(asked.at) <= WANT then grant = 0 end
      end
    end
  end
  if is_settling then grant = math.max(0, math.min(grant, own - held)) end
  held = held + grant
  if is_leaving then
    redis.call('HDEL', key, slot)
  else
    redis.call('HSET', key, slot, whole(held) .. ' ' .. whole(used) .. ' ' .. whole(now))
    if gone > 0 then redis.call('HSET', key, 'gone', whole(gone)) end
    redis.call('PEXPIRE', key, KEPT)
  end
  local field = name .. '|' .. slot
  if is_asking and grant < want then
    local asked = {name = name, slot = slot, total = whole(total), gone = whole(gone), at = whole(now), is_poor = used < own}
    redis.call('HSET', prefix .. 'wants', field, cjson.encode(asked))
  else
    redis.call('HDEL', prefix .. 'wants', field)
  end
  answers[index] = {whole(grant), whole(elsewhere), whole(gone)}
end

local wanted = {}
local wants = redis.call('HGETALL', prefix .. 'wants')
for i = 1, #wants, 2 do
  local asked = cjson.decode(wants[i + 1])
  if now - tonumber(asked.at) > WANT then
    redis.call('HDEL', prefix .. 'wants', wants[i])
  elseif asked.slot ~= slot then
    local mine = redis.call('HGET', prefix .. 'wants', asked.name .. '|' .. slot)
    mine = mine and cjson.decode(mine)
    local is_first = not mine or beats(asked.slot, asked.is_poor, slot, mine.is_poor)
    if is_first then wanted[#wanted + 1] = {asked.name, asked.total, asked.gone} end
  end
end
return cjson.encode({answers = answers, wanted = wanted, settling = is_settling})
"""

SCRIPT = (
    TEXT.replace("DEAD", str(DEAD_MILLISECONDS))
    .replace("KEPT", str(KEPT_MILLISECONDS))
    .replace("WANT", str(WANT_MILLISECONDS))
)
SCRIPT_ID = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()

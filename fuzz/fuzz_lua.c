/* Calls of the Lua API in random order with random arguments, from every context: the input's bytes are read by a script
 * that picks an object, one of its methods and what to give it. Held to: errors stay inside the script, clients are
 * answered or hung up on, and the proxy stops when it is told to. */
#include "base/units.h"
#include "fuzz.h"
#include "proxy_world.h"

enum { INPUT_MAX = 512 };

/* Methods are taken in order of their names, so that a finding repeats. What would only wait for ever, or end the
 * process by design, is left out. */
static const char script[] =
    "local at, calls = 0, 0\n"
    "local function byte() at = at + 1 return INPUT:byte(at) or 0 end\n"
    "local pool = { 'a', '', 'txn.a', 'x-b', '127.0.0.1', 'line\\r\\n', 0, 1, -1, 200, 1.5, true, false,\n"
    "               function() end, { a = 'b', { 'c' } }, string.rep('y', 2000), '(a', 'src', "
    "9007199254740993 }\n"
    "local skip = { register_init = true, register_task = true, register_action = true, register_fetches = "
    "true,\n"
    "               register_converters = true, register_service = true, register_cli = true, set_map = "
    "false }\n"
    "local function names(object)\n"
    "  local found, seen, meta = {}, {}, getmetatable(object)\n"
    "  local function add(t)\n"
    "    if type(t) ~= 'table' then return end\n"
    "    for k in pairs(t) do\n"
    "      if type(k) == 'string' and not seen[k] and not skip[k] then seen[k] = true found[#found + 1] = k "
    "end\n"
    "    end\n"
    "  end\n"
    "  if type(object) == 'table' then add(object) end\n"
    "  if type(meta) == 'table' then add(meta.__index) end\n"
    "  table.sort(found)\n"
    "  return found\n"
    "end\n"
    "local function play(...)\n"
    "  local objects, mine = { core, act, filter, ... }, 0\n"
    "  for _, extra in ipairs(SHARED or {}) do objects[#objects + 1] = extra end\n"
    "  while at < #INPUT and calls < 200 and mine < 20 do\n"
    "    calls, mine = calls + 1, mine + 1\n"
    "    local object = objects[byte() % #objects + 1]\n"
    "    local known = names(object)\n"
    "    if #known > 0 then\n"
    "      local name, args = known[byte() % #known + 1], {}\n"
    "      local count = byte() % 5\n"
    "      for i = 1, count do\n"
    "        local pick = byte()\n"
    "        if pick >= 224 then args[i] = objects[pick % #objects + 1]\n"
    "        elseif pick >= 200 then args[i] = nil\n"
    "        else args[i] = pool[pick % #pool + 1] end\n"
    "      end\n"
    "      local well, member = pcall(function() return object[name] end)\n"
    "      local result\n"
    "      if well and type(member) == 'function' then\n"
    "        if byte() % 8 == 0 then well, result = pcall(member, table.unpack(args, 1, count))\n"
    "        else well, result = pcall(member, object, table.unpack(args, 1, count)) end\n"
    "      elseif well then result = member end\n"
    "      if well and (type(result) == 'table' or type(result) == 'userdata') and #objects < 40 then\n"
    "        objects[#objects + 1] = result\n"
    "      end\n"
    "    end\n"
    "  end\n"
    "end\n"
    "local map, _, regex = Map.new('/fuzz/m.map', Map._str), Regex.new('(a)+', false)\n"
    "local queue, concat = core.queue(), core.concat()\n"
    "core.register_action('play', { 'tcp-req', 'tcp-res', 'http-req', 'http-res', 'http-after-res' }, play, "
    "0)\n"
    "core.register_service('serve', 'http', function(applet) play(applet) applet:set_status(200) "
    "applet:start_response() end)\n"
    "core.register_service('pass', 'tcp', function(applet) play(applet) applet:send('x') end)\n"
    "core.register_fetches('take', function(txn) play(txn) return 'taken' end)\n"
    "core.register_converters('turn', function(text) play(text) return text end)\n"
    "core.register_task(function() core.msleep(1) play() end)\n"
    "core.register_task(function() for i = 1, 20 do core.msleep(3) queue:push(i) end end)\n"
    "F = {} F.__index = F F.id = 'f' F.flags = filter.FLT_CFG_FL_HTX\n"
    "function F:new() return setmetatable({}, F) end\n"
    "function F:start_analyze(txn, chn) filter.register_data_filter(self, chn) end\n"
    "function F:http_headers(txn, msg) play(txn, msg, msg.channel, self) end\n"
    "function F:http_payload(txn, msg) play(txn, msg) end\n"
    "function F:http_end(txn, msg) play(msg) end\n"
    "function F:tcp_payload(txn, chn) play(chn) end\n"
    "core.register_filter('f', F, function(f) return f end)\n"
    "core.register_cli({ 'play' }, 'play : any', function(applet) play(applet) applet:send('x') end)\n"
    "core.register_init(function() SHARED = { map, regex, queue, concat, core.get_patref('/fuzz/m.map'), "
    "core.proxies.be, core.proxies.be.servers.s, core.proxies.be.stktable, select(2, "
    "next(core.proxies.fe.listeners)) }\n"
    "  play(io, os) end)\n";

static const char conf[] =
    "global\n lua-load /fuzz/script.lua\n tune.lua.maxmem 32\n tune.lua.session-timeout 2s\n "
    "tune.lua.task-timeout 2s\n"
    "defaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n"
    "frontend fe\n bind fd@${fe}\n filter lua.f\n http-request set-header x-a %[lua.take] if { path /take }\n"
    " http-request set-header x-b %[path,lua.turn] if { path /turn }\n http-request lua.play if { path /play "
    "}\n"
    " http-response lua.play if { src 127.0.0.1 }\n http-request use-service lua.serve if { path /serve }\n"
    " default_backend be\n"
    "backend be\n stick-table type string size 1k store gpc0\n server s 127.0.0.1:1\n"
    "frontend ft\n mode tcp\n bind fd@${ft}\n tcp-request inspect-delay 100ms\n tcp-request content lua.play "
    "if { req.len 5 }\n"
    " tcp-request content use-service lua.pass\n";

/* What is open when the script's own calls are done is closed by the proxy or by its time-outs. */
static void visit(struct proxy_world *pw, const struct addr *to, struct str bytes)
{
    struct buf answer = BUF_INIT;
    plat_sock sock = proxy_world_connect(pw, to);
    proxy_world_write(pw, sock, bytes);
    FUZZ_EXPECT(proxy_world_run(pw, 200 * NS_PER_MS));
    (void)proxy_world_read(pw, sock, &answer);
    net_close(pw->peers, sock);
    buf_finish(&answer);
}

static void write_script(struct buf *text, struct str input)
{
    buf_add_c(text, "local INPUT = \"");
    for (size_t i = 0; i < input.size; i++)
        buf_printf(text, "\\x%02x", (unsigned char)input.data[i]);
    buf_add_c(text, "\"\n");
    buf_add_c(text, script);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = { "take", "turn", "play", "serve" };
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    struct proxy_world pw;
    struct buf text = BUF_INIT;
    struct addr front, tcp;
    uint8_t first = fuzz_input_byte(&input);
    proxy_world_open(&pw, STR_NONE);
    proxy_world_inherit(&pw, "fe", &front);
    proxy_world_inherit(&pw, "ft", &tcp);
    write_script(&text, input.rest);
    proxy_world_file(&pw, "/fuzz/script.lua", buf_str(&text));
    proxy_world_file(&pw, "/fuzz/m.map", STR("a b\nline c\n"));
    bool started = proxy_world_start(&pw, str_of(conf), NULL);
    FUZZ_EXPECT(started);
    if (started) {
        for (unsigned i = 0; i < COUNT_OF(paths); i++) {
            buf_reset(&text);
            buf_printf(&text, "POST /%s HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
                       paths[(first + i) & 3]);
            visit(&pw, &front, buf_str(&text));
        }
        visit(&pw, &tcp, STR("hello"));
        FUZZ_EXPECT(proxy_world_run(&pw, 5 * NS_PER_S));
        sim_process_signal(pw.process, PLAT_SIGNAL_INT);
        FUZZ_EXPECT(proxy_world_run(&pw, NS_PER_S));
        FUZZ_EXPECT(sim_process_state(pw.process) == PROCESS_ENDED);
    }
    proxy_world_close(&pw);
    buf_finish(&text);
    return 0;
}

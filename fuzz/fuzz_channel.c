/* What happens to a channel, in random order, against a model of three strings: bytes let through, bytes under rules, and
 * bytes that are not decoded. The first byte picks the sizes of buffers; then each byte is an operation, the next ones
 * its numbers. After each the channel holds what the model holds, and says so. */
#include "fuzz.h"
#include "stream/channel.h"
#include "stream/engine.h"

enum { INPUT_MAX = 1024, PIECE_MAX = 256 };

struct model {
    struct buf output, input, raw;
    uint64_t forward, total_in, total_out;
};

struct trial {
    struct engine engine; /* its pools only */
    struct channel channel;
    struct model model;
    uint8_t next; /* new bytes differ from those before */
};

/* ---- the model ---- */

static size_t model_size(const struct model *model)
{
    return model->output.size + model->input.size + model->raw.size;
}

static void model_pass(struct model *model)
{
    size_t size = model->input.size;
    if (model->forward != CHANNEL_ALL) {
        if (size > model->forward)
            size = (size_t)model->forward;
        model->forward -= size;
    }
    buf_add(&model->output, str_slice(buf_str(&model->input), 0, size));
    buf_remove(&model->input, 0, size);
}

static void model_arrives(struct model *model, struct str text)
{
    buf_add(&model->input, text);
    model->total_in += text.size;
    model_pass(model);
}

static void compare(const struct trial *trial)
{
    const struct channel *channel = &trial->channel;
    const struct model *model = &trial->model;
    FUZZ_EXPECT(channel->output == model->output.size);
    FUZZ_EXPECT(channel->input == model->input.size);
    FUZZ_EXPECT(channel->raw == model->raw.size);
    FUZZ_EXPECT(channel->forward == model->forward);
    FUZZ_EXPECT(channel->total_in == model->total_in && channel->total_out == model->total_out);
    if (!channel->data) {
        FUZZ_EXPECT(!model_size(model) && !channel_full(channel));
        return;
    }
    FUZZ_EXPECT(channel->from + model_size(model) <= channel->capacity);
    FUZZ_EXPECT(channel_full(channel) == (model_size(model) == channel->capacity));
    FUZZ_EXPECT(str_eq(channel_output(channel), buf_str(&model->output)));
    FUZZ_EXPECT(str_eq(channel_input(channel), buf_str(&model->input)));
    FUZZ_EXPECT(str_eq(channel_raw(channel), buf_str(&model->raw)));
}

/* ---- operations ---- */

static struct str new_bytes(struct trial *trial, char *space, size_t size)
{
    for (size_t i = 0; i < size; i++)
        space[i] = (char)trial->next++;
    return str_make(space, size);
}

/* As a read does: what fits into the room, or less. */
static void receive(struct trial *trial, size_t reserve, size_t size, bool raw)
{
    struct channel *channel = &trial->channel;
    size_t before = model_size(&trial->model), room;
    char *to = channel_room(channel, &trial->engine, reserve, &room);
    FUZZ_EXPECT(to);
    FUZZ_EXPECT(room ? before + room + reserve <= channel->capacity : before + reserve >= channel->capacity);
    if (!raw && trial->model.raw.size)
        return; /* HTTP only decodes, TCP has no raw bytes */
    size = size < room ? size : room;
    struct str text = new_bytes(trial, to, size);
    channel_filled(channel, room, size);
    if (raw) {
        buf_add(&trial->model.raw, text);
        channel_added_raw(channel, size);
    } else {
        model_arrives(&trial->model, text);
        channel_added(channel, size);
    }
}

static void decode(struct trial *trial, size_t size, bool drop)
{
    struct model *model = &trial->model;
    size = size < model->raw.size ? size : model->raw.size;
    if (!drop)
        model_arrives(model, str_slice(buf_str(&model->raw), 0, size));
    buf_remove(&model->raw, 0, size);
    if (drop)
        channel_drop_raw(&trial->channel, size);
    else
        channel_take_raw(&trial->channel, size);
}

static void send(struct trial *trial, size_t size)
{
    struct model *model = &trial->model;
    size = size < model->output.size ? size : model->output.size;
    buf_remove(&model->output, 0, size);
    model->total_out += size;
    channel_sent(&trial->channel, size);
}

static void forward(struct trial *trial, uint64_t size)
{
    struct model *model = &trial->model;
    if (size == CHANNEL_ALL || model->forward == CHANNEL_ALL)
        model->forward = CHANNEL_ALL;
    else
        model->forward += size;
    model_pass(model);
    channel_forward(&trial->channel, size);
}

static void put(struct trial *trial, size_t size)
{
    char space[PIECE_MAX];
    struct channel *channel = &trial->channel;
    struct str text = new_bytes(trial, space, size);
    if (trial->model.raw.size)
        return;
    size_t before = model_size(&trial->model), taken = channel_put(channel, &trial->engine, text);
    size_t room = channel->capacity - before;
    FUZZ_EXPECT(taken == (size < room || !size ? size : room));
    if (size)
        model_arrives(&trial->model, str_slice(text, 0, taken));
}

static void insert_input(struct trial *trial, size_t at, size_t size)
{
    char space[PIECE_MAX];
    struct model *model = &trial->model;
    struct channel *channel = &trial->channel;
    struct str text = new_bytes(trial, space, size);
    at %= model->input.size + 1;
    if (channel_insert_input(channel, &trial->engine, at, text))
        FUZZ_EXPECT(buf_insert(&model->input, at, text));
    else
        FUZZ_EXPECT(model_size(model) + size > channel->capacity);
}

static void cut_input(struct trial *trial, size_t at, size_t size)
{
    struct model *model = &trial->model;
    if (!trial->channel.data)
        return;
    at %= model->input.size + 1;
    if (size > model->input.size - at)
        size = model->input.size - at;
    buf_remove(&model->input, at, size);
    channel_cut_input(&trial->channel, at, size);
}

static void perform(struct trial *trial, struct fuzz_input *input)
{
    uint8_t what = fuzz_input_byte(input);
    size_t a = fuzz_input_byte(input), b = what & 16 ? fuzz_input_byte(input) : 0;
    switch (what & 15) {
    case 0:
    case 1:
        receive(trial, b & 31, a, what & 1);
        break;
    case 2:
    case 3:
        decode(trial, a, what & 1);
        break;
    case 4:
    case 5:
        send(trial, a);
        break;
    case 6:
        forward(trial, a == 255 ? CHANNEL_ALL : a);
        break;
    case 7: /* a filter wants to look again */
        trial->model.forward = trial->channel.forward = 0;
        break;
    case 8:
    case 9:
        put(trial, a);
        break;
    case 10:
    case 11:
        insert_input(trial, b, a);
        break;
    case 12:
    case 13:
        cut_input(trial, b, a);
        break;
    default:
        channel_release_if_empty(&trial->channel, &trial->engine);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = fuzz_input_make(data, size < INPUT_MAX ? size : INPUT_MAX);
    struct trial trial = { .model = { BUF_INIT, BUF_INIT, BUF_INIT, 0, 0, 0 } };
    size_t bufsize = 32u + fuzz_input_byte(&input);
    pool_init(&trial.engine.buffers, "buffers", bufsize, 1);
    pool_init(&trial.engine.bulk_buffers, "bulk_buffers", 4 * bufsize, 1);
    channel_init(&trial.channel);
    while (input.rest.size) {
        perform(&trial, &input);
        compare(&trial);
    }
    channel_finish(&trial.channel, &trial.engine);
    FUZZ_EXPECT(!trial.engine.buffers.used_count && !trial.engine.bulk_buffers.used_count);
    pool_finish(&trial.engine.buffers);
    pool_finish(&trial.engine.bulk_buffers);
    buf_finish(&trial.model.output);
    buf_finish(&trial.model.input);
    buf_finish(&trial.model.raw);
    return 0;
}

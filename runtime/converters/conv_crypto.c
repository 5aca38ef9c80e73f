/* Digests and keyed hashes, by OpenSSL (HAProxy manual 7.3.1). */
#include "base/base64.h"
#include "converters/conv.h"
#include "converters/converters.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static bool digest(const EVP_MD *type, struct sample_context *context, struct sample *sample)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!type || !EVP_Digest(sample->u.text.data, sample->u.text.size, hash, &size, type, NULL))
        return false;
    return conv_give(sample, SAMPLE_BIN, arena_copy(context->scratch, str_make((const char *)hash, size)));
}

static bool conv_sha1(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    (void)args;
    return digest(EVP_sha1(), context, sample);
}

static const EVP_MD *sha2_of(int64_t bits)
{
    switch (bits) {
    case 224:
        return EVP_sha224();
    case 256:
        return EVP_sha256();
    case 384:
        return EVP_sha384();
    case 512:
        return EVP_sha512();
    default:
        return NULL;
    }
}

static bool check_sha2(struct sample_args *args, const char **error)
{
    int64_t bits = args->count ? conv_int_arg(args, 0) : 256;
    return sha2_of(bits) || conv_refuse(args, error, "Unsupported number of bits: '%lld'", (long long)bits);
}

static bool conv_sha2(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    return digest(sha2_of(args->count ? conv_int_arg(args, 0) : 256), context, sample);
}

static bool check_digest(struct sample_args *args, const char **error)
{
    return EVP_get_digestbyname(args->list[0].text.data) ||
           conv_refuse(args, error, "algorithm must be a valid OpenSSL message digest name");
}

static bool conv_digest(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    return digest(EVP_get_digestbyname(args->list[0].text.data), context, sample);
}

/* ---- secrets: base64, or a variable that holds base64 ---- */

static bool decode(struct str text, struct arena *arena, struct str *out)
{
    char *data = arena_alloc(arena, text.size + 4);
    size_t size = data ? base64_decode(text, data, text.size + 4, false) : STR_NOT_FOUND;
    *out = str_make(data, size);
    return size != STR_NOT_FOUND;
}

static bool check_secret(struct sample_args *args, unsigned i, const char *name, const char **error)
{
    struct sample_arg *arg = &args->list[i];
    const char *reason = NULL;
    struct str data;
    arg->kind = ARG_VAR;
    if (var_name_parse(arg->text, &arg->var, &reason))
        return true;
    arg->kind = ARG_STR;
    if (!decode(arg->text, args->parser->arena, &data))
        return conv_refuse(
            args, error,
            "failed to parse %s : argument needs to be base64 encoded, and can either be a string or a "
            "variable",
            name);
    arg->text = data;
    return true;
}

static bool secret(const struct sample_args *args, unsigned i, struct sample_context *context,
                   struct str *out)
{
    const struct sample_arg *arg = &args->list[i];
    struct sample value;
    *out = arg->text;
    if (arg->kind != ARG_VAR)
        return true;
    return conv_var(context, &arg->var, &value) && sample_cast(&value, SAMPLE_STR, context->scratch) &&
           decode(value.u.text, context->scratch, out);
}

static bool check_hmac(struct sample_args *args, const char **error)
{
    return check_digest(args, error) && check_secret(args, 1, "key", error);
}

static bool conv_hmac(const struct sample_args *args, struct sample_context *context, struct sample *sample)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    struct str key, data = sample->u.text;
    const EVP_MD *type = EVP_get_digestbyname(args->list[0].text.data);
    if (!type || !secret(args, 1, context, &key) || key.size > INT32_MAX ||
        !HMAC(type, key.data, (int)key.size, (const unsigned char *)data.data, data.size, hash, &size))
        return false;
    return conv_give(sample, SAMPLE_BIN, arena_copy(context->scratch, str_make((const char *)hash, size)));
}

/* ---- AES: in counter mode with a tag (GCM), or in blocks that follow from each other (CBC) ---- */

static const EVP_CIPHER *cipher_of(int64_t bits, bool gcm)
{
    switch (bits) {
    case 128:
        return gcm ? EVP_aes_128_gcm() : EVP_aes_128_cbc();
    case 192:
        return gcm ? EVP_aes_192_gcm() : EVP_aes_192_cbc();
    case 256:
        return gcm ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
    default:
        return NULL;
    }
}

/* A row's data. */
#define ENCRYPTS ((void *)1)

static bool check_bits(struct sample_args *args, const char **error)
{
    if (!cipher_of(conv_int_arg(args, 0), true))
        return conv_refuse(args, error, "key size must be 128, 192 or 256 (bits).");
    return check_secret(args, 1, "nonce", error) && check_secret(args, 2, "key", error);
}

static bool check_gcm(struct sample_args *args, const char **error)
{
    if (!check_bits(args, error))
        return false;
    if (args->row_data == ENCRYPTS ? !conv_arg_var(args, 3, error)
                                   : !check_secret(args, 3, "aead_tag", error))
        return false;
    return args->count < 5 || check_secret(args, 4, "aad", error);
}

static bool check_cbc(struct sample_args *args, const char **error)
{
    return check_bits(args, error) && (args->count < 4 || check_secret(args, 3, "aad", error));
}

struct aes {
    bool encrypts, gcm;
    int64_t bits;
    struct str nonce, key, aad;
    struct str tag; /* GCM: given when decrypting, else made */
    char made[16];
};

#define NONCE_MAX 64

static const unsigned char *octets(struct str text)
{
    return (const unsigned char *)text.data;
}

static bool begin_aes(EVP_CIPHER_CTX *cipher, const struct aes *aes)
{
    char nonce[NONCE_MAX] = { 0 };
    int ignored;
    if (aes->key.size != (size_t)aes->bits / 8 || !aes->nonce.size || aes->nonce.size > NONCE_MAX)
        return false;
    memcpy(nonce, aes->nonce.data, aes->nonce.size); /* of CBC: a short one ends in zeros */
    return EVP_CipherInit_ex(cipher, cipher_of(aes->bits, aes->gcm), NULL, NULL, NULL, aes->encrypts) &&
           (!aes->gcm || EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_IVLEN, (int)aes->nonce.size, NULL)) &&
           EVP_CipherInit_ex(cipher, NULL, NULL, octets(aes->key), (const unsigned char *)nonce,
                             aes->encrypts) &&
           (!aes->gcm || !aes->aad.size ||
            EVP_CipherUpdate(cipher, NULL, &ignored, octets(aes->aad), (int)aes->aad.size));
}

/* *size: the result's. */
static bool run_aes(EVP_CIPHER_CTX *cipher, struct aes *aes, struct str data, unsigned char *out, int *size)
{
    int more = 0;
    if (!cipher || data.size > INT32_MAX - NONCE_MAX || aes->tag.size > sizeof(aes->made) ||
        !begin_aes(cipher, aes) || !EVP_CipherUpdate(cipher, out, size, octets(data), (int)data.size))
        return false;
    if (aes->gcm && !aes->encrypts &&
        !EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, (int)aes->tag.size,
                             (char *)(uintptr_t)aes->tag.data))
        return false;
    if (!EVP_CipherFinal_ex(cipher, out + *size, &more))
        return false;
    *size += more;
    return !aes->gcm || !aes->encrypts ||
           EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, sizeof(aes->made), aes->made);
}

static bool apply_aes(struct aes *aes, const struct sample_args *args, struct sample_context *context,
                      struct sample *sample)
{
    struct str data = sample->u.text;
    unsigned char *out = arena_alloc(context->scratch, data.size + 32);
    int size = 0;
    aes->bits = conv_int_arg(args, 0);
    aes->encrypts = args->row_data == ENCRYPTS;
    if (!out || !secret(args, 1, context, &aes->nonce) || !secret(args, 2, context, &aes->key))
        return false;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool well = run_aes(cipher, aes, data, out, &size);
    EVP_CIPHER_CTX_free(cipher);
    return well && conv_give(sample, SAMPLE_BIN, str_make((const char *)out, (size_t)size));
}

/* The tag of what was encrypted becomes a variable, in base64. */
static bool keep_tag(const struct aes *aes, const struct sample_args *args, struct sample_context *context)
{
    char text[32];
    struct str tag = str_make(aes->made, sizeof(aes->made));
    struct vars *vars = sample_context_vars(context, args->list[3].var.scope);
    struct sample value = sample_text(str_make(text, base64_encode(tag, text, false)));
    return vars && vars_set(vars, &args->list[3].var, &value);
}

static bool conv_aes_gcm(const struct sample_args *args, struct sample_context *context,
                         struct sample *sample)
{
    struct aes aes = { .gcm = true };
    bool encrypts = args->row_data == ENCRYPTS;
    if ((!encrypts && !secret(args, 3, context, &aes.tag)) ||
        (args->count > 4 && !secret(args, 4, context, &aes.aad)))
        return false;
    return apply_aes(&aes, args, context, sample) && (!encrypts || keep_tag(&aes, args, context));
}

/* Blocks have no tag: additional data are taken, and change nothing. */
static bool conv_aes_cbc(const struct sample_args *args, struct sample_context *context,
                         struct sample *sample)
{
    struct aes aes = { .gcm = false };
    return apply_aes(&aes, args, context, sample);
}

/* ---- comparing without telling where texts differ ---- */

static bool check_var(struct sample_args *args, const char **error)
{
    return conv_arg_var_if_any(args, 0, error);
}

static bool conv_secure_memcmp(const struct sample_args *args, struct sample_context *context,
                               struct sample *sample)
{
    struct sample value;
    struct str data = sample->u.text;
    if (args->list[0].kind != ARG_VAR || !conv_var(context, &args->list[0].var, &value) ||
        !sample_cast(&value, SAMPLE_BIN, context->scratch))
        return false;
    bool same = value.u.text.size == data.size && CRYPTO_memcmp(value.u.text.data, data.data, data.size) == 0;
    *sample = sample_bool(same);
    return true;
}

const struct converter_row conv_crypto_rows[] = {
    { "aes_cbc_dec", conv_aes_cbc, "int,str,str,str?", SAMPLE_BIN, SAMPLE_BIN, NULL, check_cbc },
    { "aes_cbc_enc", conv_aes_cbc, "int,str,str,str?", SAMPLE_BIN, SAMPLE_BIN, ENCRYPTS, check_cbc },
    { "aes_gcm_dec", conv_aes_gcm, "int,str,str,str,str?", SAMPLE_BIN, SAMPLE_BIN, NULL, check_gcm },
    { "aes_gcm_enc", conv_aes_gcm, "int,str,str,str,str?", SAMPLE_BIN, SAMPLE_BIN, ENCRYPTS, check_gcm },
    { "digest", conv_digest, "str", SAMPLE_BIN, SAMPLE_BIN, NULL, check_digest },
    { "hmac", conv_hmac, "str,str", SAMPLE_BIN, SAMPLE_BIN, NULL, check_hmac },
    { "secure_memcmp", conv_secure_memcmp, "str", SAMPLE_BIN, SAMPLE_BOOL, NULL, check_var },
    { "sha1", conv_sha1, "", SAMPLE_BIN, SAMPLE_BIN, NULL, NULL },
    { "sha2", conv_sha2, "int?", SAMPLE_BIN, SAMPLE_BIN, NULL, check_sha2 },
    { 0 },
};

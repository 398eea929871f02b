/* What the C references share: eight trajectories in one value, random words, normals, statistics.
 *
 * A value of type f8 or w8 is eight trajectories, which have generators of their own (xoshiro256++, Blackman and Vigna
 * 2021, seeded by splitmix64), so results do not depend on the number of threads. Mean and variance over the
 * trajectories at each recorded step are left in out[2 * record], out[2 * record + 1]; divisor n.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

#define LANES 8
#define BLOCK 64
typedef double f8 __attribute__((vector_size(8 * LANES)));
typedef uint64_t w8 __attribute__((vector_size(8 * LANES)));
typedef int64_t i8 __attribute__((vector_size(8 * LANES)));
#define INLINE static inline __attribute__((always_inline))

INLINE f8 all(double x) { return (f8){x, x, x, x, x, x, x, x}; }
INLINE w8 words(uint64_t x) { return (w8){x, x, x, x, x, x, x, x}; }
INLINE f8 root(f8 x) { /* 0 for negative numbers */
#ifdef __AVX512F__ /* vector extensions have no square root, and compilers take the loop apart now and then */
    return _mm512_sqrt_pd(_mm512_max_pd(x, _mm512_setzero_pd()));
#else
    f8 r;
    for (int l = 0; l < LANES; l++) r[l] = __builtin_sqrt(x[l] > 0 ? x[l] : 0);
    return r;
#endif
}

/* ------------------------------------------------------------------ random words */

typedef struct { w8 a, b, c, d; } stream;

INLINE w8 turn(w8 x, int by) { return x << by | x >> (64 - by); }

INLINE w8 draw(stream *s) {
    const w8 word = turn(s->a + s->d, 23) + s->a, high = s->b << 17;
    s->c ^= s->a;
    s->d ^= s->b;
    s->b ^= s->c;
    s->a ^= s->d;
    s->c ^= high;
    s->d = turn(s->d, 45);
    return word;
}

static uint64_t splitmix(uint64_t *x) {
    uint64_t z = *x += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static stream open_stream(uint64_t seed, long trajectory) {
    stream s;
    for (int l = 0; l < LANES; l++) {
        uint64_t x = seed * 0xd1342543de82ef95u + (uint64_t)(trajectory + l) * 0x2545f4914f6cdd1du;
        s.a[l] = splitmix(&x), s.b[l] = splitmix(&x), s.c[l] = splitmix(&x), s.d[l] = splitmix(&x);
    }
    return s;
}

/* ------------------------------------------------------------------ two normals from two words
 * Radius sqrt(-2 ln u), u in (0, 1) with 64 random bits: sixteen centres of the mantissa and a polynomial. Angle: 62
 * bits within an eighth of a turn either way, a quadrant from the two top bits. Good to about 1e-12. */

typedef struct { f8 inverse[2], logarithm[2]; double sine[6], cosine[7]; } tables;

static tables make_tables(void) {
    tables t;
    for (int i = 0; i < 16; i++) {
        const double centre = i < 15 ? 1 + (i + 0.5) / 16 : 2.0; /* the last about its end: exact near u = 1 */
        t.inverse[i / 8][i % 8] = 1 / centre;
        t.logarithm[i / 8][i % 8] = -2 * log(centre);
    }
    double power = 1;
    for (int i = 0; i < 13; i++) { /* series in the angle's square, one unit being a quarter turn */
        if (i % 2) t.sine[i / 2] = i % 4 == 1 ? power : -power;
        else t.cosine[i / 2] = i % 4 == 0 ? power : -power;
        power *= acos(-1.0) / 2 / (i + 1);
    }
    return t;
}

INLINE f8 radius(w8 word, const tables *t) {
    const f8 u = __builtin_convertvector(word, f8) * 0x1p-64 + 0x1p-65;
    const w8 bits = (w8)u;
    const f8 exponent = __builtin_convertvector((i8)(bits >> 52) - 1023, f8);
    const f8 mantissa = (f8)((bits & 0xfffffffffffffu) | 0x3ff0000000000000u);
    const i8 entry = (i8)(bits >> 48);
    const f8 q = mantissa * __builtin_shuffle(t->inverse[0], t->inverse[1], entry) - 1.0;
    const f8 base = exponent * (-2 * M_LN2) + __builtin_shuffle(t->logarithm[0], t->logarithm[1], entry);
    const f8 square = q * q; /* -2 ln(1 + q), in two halves */
    const f8 low = (q * (-2.0 / 3) + 1.0) * square + q * -2.0;
    const f8 high = (q * (-2.0 / 5) + 0.5) + square * (q * (-2.0 / 7) + 1.0 / 3);
    const f8 twice = high * (square * square) + (low + base);
    return root(twice); /* rounding can leave it below 0 where u is next to 1 */
}

INLINE void normals(stream *s, const tables *t, f8 *even, f8 *odd) {
    const w8 first = draw(s), second = draw(s);
    const f8 r = radius(first, t);
    const f8 f = __builtin_convertvector((i8)(second << 2), f8) * 0x1p-64, y = f * f;
    f8 sine = all(t->sine[5]), cosine = all(t->cosine[6]);
    for (int i = 4; i >= 0; i--) sine = sine * y + t->sine[i];
    for (int i = 5; i >= 0; i--) cosine = cosine * y + t->cosine[i];
    sine *= f;
    cosine = (f8)((w8)cosine ^ (second & 0x8000000000000000u));
    const i8 pick = (i8)(second >> 59 & 8) + (i8){0, 1, 2, 3, 4, 5, 6, 7}; /* lane l of the first or of the second */
    *even = r * __builtin_shuffle(cosine, sine, pick);
    *odd = r * __builtin_shuffle(cosine, sine, pick ^ 8);
}

/* ------------------------------------------------------------------ statistics */

typedef struct { f8 sum, square; } moments;

INLINE void keep(moments *m, f8 x) {
    m->sum += x;
    m->square += x * x;
}

/* Adds up the blocks, in order: partial[block][record] -> out[record]. */
static void finish(long blocks, int records, const double *partial, long trajectories, double *out) {
    for (int r = 0; r < records; r++) {
        double sum = 0, square = 0;
        for (long b = 0; b < blocks; b++) {
            sum += partial[2 * (b * records + r)];
            square += partial[2 * (b * records + r) + 1];
        }
        out[2 * r] = sum / trajectories;
        out[2 * r + 1] = square / trajectories - out[2 * r] * out[2 * r];
    }
}

static void reduce(int records, const moments *m, double *partial) {
    for (int r = 0; r < records; r++) {
        partial[2 * r] = partial[2 * r + 1] = 0;
        for (int l = 0; l < LANES; l++) partial[2 * r] += m[r].sum[l], partial[2 * r + 1] += m[r].square[l];
    }
}

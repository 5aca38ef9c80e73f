#!/bin/bash -eu
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite want it: with CC, CFLAGS and LIB_FUZZING_ENGINE from outside,
# into $OUT, each with its corpus and its dictionary. Without them: clang's own engine, into build-fuzz/out.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${CC:=clang}" "${LIB_FUZZING_ENGINE:=-fsanitize=fuzzer}" "${WORK:=$PWD/build-fuzz}" "${OUT:=$WORK/out}"
export CC

cmake -S . -B "$WORK" -G Ninja -DCMAKE_C_COMPILER="$CC" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLOCKSTEP_FUZZ=ON \
    -DLOCKSTEP_FUZZ_ENGINE="$LIB_FUZZING_ENGINE" >/dev/null
ninja -C "$WORK" --quiet
mkdir -p "$OUT"
for source in fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    subject=${name#fuzz_}
    cp "$WORK/$name" "$OUT/"
    python3 -c 'import shutil, sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])' \
        "$OUT/${name}_seed_corpus" "fuzz/corpus/$subject"
    words=fuzz/dict/$subject.dict
    case $subject in h1_*) words=fuzz/dict/http.dict ;; esac
    [ ! -f "$words" ] || cp "$words" "$OUT/$name.dict"
done
echo "fuzz targets in $OUT"

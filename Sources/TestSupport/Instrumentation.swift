import Glibc

/// Whether a sanitizer watches.
public enum Instrumentation {
    /// Its run-time library is in this program, and in those that were built with it.
    public static let isOn = ["__tsan_init", "__asan_init"].contains { (name: String) in dlsym(nil, name) != nil }

    /// How many times as long anything may take.
    public static let slowness = isOn ? 5 : 1
}

import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/** What checks.py is for the examples in Python, see there. */
final class Checks {
    static final String LAYOUT = System.getenv("LAYOUT");
    static final String PRODUCT = System.getenv("PRODUCT");
    static final String VERSIONS = System.getenv("VERSIONS");
    static final String ENABLE = System.getenv("ENABLE");
    static final String DISABLE = System.getenv("DISABLE");
    static final String PIN = System.getenv("PIN");
    static final String CURRENT = LAYOUT.equals("table") ? " AND is_current_version" : "";
    static final boolean VIEW = LAYOUT.equals("view") || LAYOUT.equals("facade");
    static final boolean OWN = LAYOUT.equals("separate") || LAYOUT.equals("unnumbered");
    static final boolean NUMBERED = !LAYOUT.equals("facade") && !LAYOUT.equals("unnumbered");

    interface Form {
        void run() throws Exception;
    }

    /** A result that is not what it should be. */
    static final class Wrong extends RuntimeException {
        Wrong(String message) {
            super(message);
        }
    }

    /** Runs one operation and prints its verdict; so may be null. */
    static void check(String operation, Form form, Form so, Map<String, String> fails) {
        String name = fails.containsKey(LAYOUT) ? LAYOUT : VIEW ? "views" : OWN ? "own" : "";
        try {
            System.out.println("ok - " + operation + ": " + verdictOf(form, so, fails.get(name)));
        } catch (Exception error) {
            for (StackTraceElement step : error.getStackTrace()) {
                if (step.getFileName() != null && step.getFileName().equals("Run.java")) {
                    System.out.println("# line " + step.getLineNumber());
                }
            }
            System.out.println("# " + messageOf(error));
            System.out.println("not ok - " + operation);
        }
    }

    private static String verdictOf(Form form, Form so, String pattern) throws Exception {
        if (pattern == null) {
            form.run();
            return "works";
        }
        String silently = failure(form, pattern) instanceof Wrong ? " (!)" : "";
        if (so == null) {
            return "no" + silently;
        }
        so.run();
        return "so" + silently;
    }

    private static Exception failure(Form form, String pattern) throws Exception {
        try {
            form.run();
        } catch (Exception error) {
            if (Pattern.compile(pattern).matcher(messageOf(error)).find()) {
                return error;
            }
            throw error;
        }
        throw new IllegalStateException("should have failed with " + pattern);
    }

    /** The message, with that of the database behind it. */
    private static String messageOf(Throwable error) {
        String cause = error.getCause() == null ? "" : " / " + messageOf(error.getCause());
        return (error.getClass().getSimpleName() + ": " + error.getMessage() + cause).replace('\n', ' ');
    }

    static void same(Object seen, Object wanted, String what) {
        if (!Objects.equals(seen, wanted)) {
            throw new Wrong(what + ": " + seen + " instead of " + wanted);
        }
    }
}

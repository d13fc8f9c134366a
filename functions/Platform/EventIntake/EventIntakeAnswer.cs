using System.Text.Json;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.Platform.EventIntake;

/// <summary>
/// What the sender is told: <c>{"accepted":n,"next":[…],"ignored":[…],"failed":[…],"stale":[…]}</c>; what is stale also failed, and only because it changed meanwhile.
/// <c>next</c> holds the functions' wishes (when to look again, what else to look at) for a sender that carries them out;
/// for others <c>"wishes":"reported"</c> says that the event bridge has them.
/// </summary>
internal static class EventIntakeAnswer
{
    public const string Busy = "The API server could not be reached or is busy. Send the events again.";

    public static HttpAnswer Problem(int status, string message)
    {
        return Json(status, writer => writer.WriteString("error"u8, message));
    }

    public static HttpAnswer Of(DispatchResult result, bool reported)
    {
        var failed = result.Failures.Count > 0;
        var transient = failed && result.IsTransient;
        var answer = Json(!failed ? 200 : transient ? 503 : 500, writer => Write(writer, result, reported, transient));
        return transient ? answer with { RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(result.RetryAfter.TotalSeconds)) } : answer;
    }

    private static void Write(Utf8JsonWriter writer, DispatchResult result, bool reported, bool transient)
    {
        writer.WriteNumber("accepted"u8, result.Accepted);
        if (reported)
        {
            writer.WriteString("wishes"u8, "reported"u8);
        }
        else
        {
            LookReportJson.WriteArray(writer, LookReportJson.Next, result.Answers.Where(HasWish));
        }

        if (result.Ignored.Count > 0)
        {
            writer.WriteStartArray("ignored"u8);
            foreach (var (id, reason) in result.Ignored)
            {
                writer.WriteStartObject();
                writer.WriteString("id"u8, id);
                writer.WriteString("reason"u8, reason);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (result.Failures.Count > 0)
        {
            // What went wrong stays in the log: an exception's text may hold data.
            writer.WriteString("error"u8, transient ? Busy : "A function failed; its log says why. Send the events again.");
            WriteLooks(writer, "failed", result.Failures);
            if (result.Failures.Any(IsStale))
            {
                WriteLooks(writer, "stale", result.Failures.Where(IsStale));
            }
        }
    }

    /// <summary>The object changed between the look and the write.</summary>
    private static bool IsStale((string, ObjectReference, Exception Error) failure) => failure.Error is KubernetesException { IsConflict: true } or KubernetesException { IsAlreadyExists: true };

    private static void WriteLooks(Utf8JsonWriter writer, string name, IEnumerable<(string Function, ObjectReference Object, Exception)> looks)
    {
        writer.WriteStartArray(name);
        foreach (var (function, target, _) in looks)
        {
            writer.WriteStartObject();
            LookReportJson.WriteLook(writer, function, target);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static bool HasWish(LookReport look) => look.Answer is { Next: Outcome.LookAgain } or { FollowUps.Count: > 0 };

    private static HttpAnswer Json(int status, Action<Utf8JsonWriter> content)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            content(writer);
            writer.WriteEndObject();
        }

        return new HttpAnswer(status, HttpAnswer.Json, stream.ToArray());
    }
}

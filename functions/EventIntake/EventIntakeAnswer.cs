using System.Text.Json;
using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;

namespace AgentWarden.EventIntake;

/// <summary>
/// What the sender is told: <c>{"accepted":n,"ignored":[…],"next":[…],"failed":[…]}</c>.
/// <c>next</c> holds the functions' wishes (when to look again, what else to look at), which the bridge carries out.
/// </summary>
internal static class EventIntakeAnswer
{
    public static HttpAnswer Problem(int status, string message)
    {
        return Json(status, writer => writer.WriteString("error"u8, message));
    }

    public static HttpAnswer Of(DispatchResult result)
    {
        var failed = result.Failures.Count > 0;
        var transient = failed && result.IsTransient;
        var answer = Json(!failed ? 200 : transient ? 503 : 500, writer => Write(writer, result, failed, transient));
        return transient ? answer with { RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(result.RetryAfter.TotalSeconds)) } : answer;
    }

    private static void Write(Utf8JsonWriter writer, DispatchResult result, bool failed, bool transient)
    {
        writer.WriteNumber("accepted"u8, result.Accepted);
        writer.WriteStartArray("next"u8);
        foreach (var (function, target, answer) in result.Answers)
        {
            WriteNext(writer, function, target, answer);
        }

        writer.WriteEndArray();
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

        if (failed)
        {
            // What went wrong stays in the log: an exception's text may hold data.
            writer.WriteString("error"u8, transient ? "The API server could not be reached or is busy. Send the events again." : "A function failed; its log says why. Send the events again.");
            writer.WriteStartArray("failed"u8);
            foreach (var (function, target, _) in result.Failures)
            {
                writer.WriteStartObject();
                WriteLook(writer, function, target);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }
    }

    private static void WriteNext(Utf8JsonWriter writer, string function, ObjectReference target, EventAnswer answer)
    {
        var at = (answer.Next as Outcome.LookAgain)?.At;
        if (at is null && answer.FollowUps is not { Count: > 0 })
        {
            return;
        }

        writer.WriteStartObject();
        WriteLook(writer, function, target);
        if (at is { } time)
        {
            writer.WriteString("at"u8, time.UtcDateTime);
        }

        if (answer.FollowUps is { Count: > 0 } followUps)
        {
            writer.WriteStartArray("followUps"u8);
            foreach (var followUp in followUps)
            {
                ObjectReferenceJson.Write(writer, followUp);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteLook(Utf8JsonWriter writer, string function, ObjectReference target)
    {
        writer.WriteString("function"u8, function);
        writer.WritePropertyName("object"u8);
        ObjectReferenceJson.Write(writer, target);
    }

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

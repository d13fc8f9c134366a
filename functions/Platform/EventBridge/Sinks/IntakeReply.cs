using System.Net;
using System.Text.Json;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.EventBridge.Sinks;

/// <summary>Reads what the event intake answers to a delivery: per object, that it was looked at and what the function wishes, or that the look failed.</summary>
internal sealed class IntakeReply
{
    private readonly HashSet<QueueKey> _failed = [], _stale = [];
    private readonly Dictionary<QueueKey, EventAnswer> _wishes = [];

    private IntakeReply(TimeSpan? retryAfter) => RetryAfter = retryAfter;

    private TimeSpan? RetryAfter { get; }

    /// <summary>The answer for one object of the delivery.</summary>
    /// <exception cref="LookFailedException">The look failed.</exception>
    public EventAnswer Of(ObjectReference target) =>
        // Stale facts are read anew at once; whatever else the answer asks for concerns real trouble.
        _stale.Contains(QueueKey.Of(target)) ? throw new LookFailedException("it changed while it was looked at") { IsStale = true }
        : _failed.Contains(QueueKey.Of(target)) ? throw new LookFailedException("the function's log says why") { RetryAfter = RetryAfter }
        : _wishes.GetValueOrDefault(QueueKey.Of(target), EventAnswer.Done);

    /// <summary>Judges an answer.</summary>
    /// <exception cref="SinkUnavailableException">Nobody was there who could look.</exception>
    /// <exception cref="LookFailedException">Nothing was looked at, and it is not for want of somebody who looks.</exception>
    public static IntakeReply Read(HttpStatusCode status, TimeSpan? retryAfter, ReadOnlyMemory<byte> body, KindTable kinds)
    {
        var reply = new IntakeReply(retryAfter);
        if (reply.TryRead(body, kinds, out var error) && ((int)status is >= 200 and < 300 || reply._failed.Count > 0))
        {
            return reply;
        }

        throw status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Away($"it refuses us ({(int)status}: {error ?? "no reason given"})"),
            HttpStatusCode.NotFound => Away("it knows no such function: is it switched off there, or of another version? (404)"),
            HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => Away($"it asks to come later ({(int)status}{(error is null ? "" : $": {error}")})", mayPass: true),
            HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout => Away($"a proxy found nobody behind it ({(int)status})", mayPass: true),
            (>= HttpStatusCode.Ambiguous and < HttpStatusCode.BadRequest) or HttpStatusCode.MethodNotAllowed => Away($"no event intake is there ({(int)status}): check {HttpSinkOptions.UrlSetting}"),
            >= HttpStatusCode.OK and < HttpStatusCode.Ambiguous => Away("it is no event intake: what it answers is not understood"),
            _ => new LookFailedException($"it answered {(int)status}{(error is null ? "" : $": {error}")}") { RetryAfter = retryAfter },
        };

        SinkUnavailableException Away(string why, bool mayPass = false) => new($"{why}.") { RetryAfter = retryAfter, MayPass = mayPass };
    }

    private bool TryRead(ReadOnlyMemory<byte> body, KindTable kinds, out string? error)
    {
        error = null;
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            error = root.TryGetProperty("error", out var told) && told.ValueKind == JsonValueKind.String ? told.GetString() : null;
            if (!root.TryGetProperty("accepted", out _))
            {
                return false;
            }

            foreach (var wish in LookReportJson.Read(body, kinds, LookReportJson.Next).Looks)
            {
                _wishes[QueueKey.Of(wish.Object)] = wish.Answer;
            }

            Keys("failed", _failed);
            Keys("stale", _stale);
            return true;

            void Keys(string name, HashSet<QueueKey> keys)
            {
                if (root.TryGetProperty(name, out _))
                {
                    keys.UnionWith(LookReportJson.Read(body, kinds, name).Looks.Select(l => QueueKey.Of(l.Object)));
                }
            }
        }
        catch (Exception e) when (e is JsonException or CloudEventException)
        {
            return false;
        }
    }
}

using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using AgentWarden.Platform.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Tests.Platform.EventBridge.Sinks;

/// <summary>
/// Stands in for an Event Grid topic with the CloudEvents input schema, over a socket. It holds senders to the documented rules of the service
/// ("Publish events to Azure Event Grid custom topics", "CloudEvents v1.0 schema with Azure Event Grid") and to CloudEvents 1.0.
/// </summary>
internal sealed partial class EventGridTopicStandIn : IAsyncDisposable
{
    public const string Key = "dG9waWMta2V5LW9mLXRoZS1zdGFuZC1pbg==", Token = "token-of-the-stand-in";

    private const int LargestRequest = 1024 * 1024;

    private readonly WebApplication _server;
    private readonly Lock _lock = new();
    private Action<JsonElement[]>? _subscriber;

    private EventGridTopicStandIn(WebApplication server, string authority) => (_server, Authority) = (server, authority);

    /// <summary>PEM of whoever signed its certificate.</summary>
    public string Authority { get; }

    public Uri Endpoint => new($"{_server.Urls.Single()}/api/events");

    /// <summary>The key that is accepted now.</summary>
    public string AcceptedKey { get; set; } = Key;

    /// <summary>Answered instead of looking at a request: status and Retry-After.</summary>
    public Queue<(int Status, string? RetryAfter)> Refusals { get; } = new();

    /// <summary>Requests wait for this before they are looked at.</summary>
    public Task Open { get; set; } = Task.CompletedTask;

    /// <summary>Ids of events that the service will not have.</summary>
    public HashSet<string> Unwanted { get; } = [];

    /// <summary>Batches that were taken.</summary>
    public List<JsonElement[]> Batches { get; } = [];

    /// <summary>Bytes of the largest request, taken or not.</summary>
    public int LargestSeen { get; private set; }

    /// <summary>Rules that requests broke.</summary>
    public List<string> Faults { get; } = [];

    public IEnumerable<JsonElement> Events => Batches.SelectMany(b => b);

    public static async Task<EventGridTopicStandIn> StartAsync(bool tls = false)
    {
        var certificate = CertificateFactory.Create(["localhost"], [IPAddress.Loopback], DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (tls)
            {
                listen.UseHttps(certificate.Certificate);
            }
        })).UseKestrelHttpsConfiguration();
        var server = builder.Build();
        var topic = new EventGridTopicStandIn(server, certificate.CaBundlePem);
        server.Run(topic.AnswerAsync);
        await server.StartAsync();
        return topic;
    }

    /// <summary>Gets every batch, those of before too, in order.</summary>
    public void Subscribe(Action<JsonElement[]> taken)
    {
        lock (_lock)
        {
            Batches.ForEach(taken);
            _subscriber += taken;
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        await Open;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var (status, code) = Judge(context.Request, body.ToArray(), context.Response);
        context.Response.StatusCode = status;
        if (status != 200)
        {
            context.Response.ContentType = "application/json; charset=utf-8";
            await context.Response.WriteAsync($$$"""{"error":{"code":"{{{code}}}","message":"refused by the stand-in","details":[]}}""");
        }
    }

    private (int Status, string Code) Judge(HttpRequest request, byte[] body, HttpResponse response)
    {
        lock (_lock)
        {
            if (Refusals.TryDequeue(out var refusal))
            {
                response.Headers.RetryAfter = refusal.RetryAfter;
                return (refusal.Status, "Refused");
            }

            if (request.Path != "/api/events" || request.Method != "POST")
            {
                return Broken(404, "NotFound");
            }

            if (request.Headers["aeg-sas-key"] != AcceptedKey && !(request.IsHttps && request.Headers.Authorization == $"Bearer {Token}"))
            {
                return (401, "Unauthorized");
            }

            if (request.Query["api-version"] != "2018-01-01" || request.ContentType != "application/cloudevents-batch+json; charset=utf-8")
            {
                return Broken(400, "BadRequest");
            }

            LargestSeen = Math.Max(LargestSeen, body.Length);
            return body.Length > LargestRequest ? (413, "RequestEntityTooLarge") : Take(body);
        }
    }

    private (int Status, string Code) Take(byte[] body)
    {
        var events = JsonDocument.Parse(body).RootElement;
        if (events.ValueKind != JsonValueKind.Array || events.GetArrayLength() == 0 || events.EnumerateArray().Select(Fault).FirstOrDefault(f => f is not null) is { } fault && Broken(400, fault) != default)
        {
            return (400, "InvalidCloudEvent");
        }

        if (events.EnumerateArray().Any(e => Unwanted.Contains(e.GetProperty("id").GetString()!)))
        {
            return (400, "BadRequest");
        }

        Batches.Add([.. events.EnumerateArray()]);
        _subscriber?.Invoke(Batches[^1]);
        return (200, "");
    }

    /// <summary>What of CloudEvents 1.0 (its JSON format) an event breaks.</summary>
    private static string? Fault(JsonElement cloudEvent)
    {
        foreach (var required in new[] { "id", "source", "type" })
        {
            if (!cloudEvent.TryGetProperty(required, out var value) || value.ValueKind != JsonValueKind.String || value.GetString()!.Length == 0)
            {
                return $"no {required}";
            }
        }

        return cloudEvent.GetProperty("specversion").GetString() != "1.0" ? "specversion"
            : cloudEvent.TryGetProperty("time", out var time) && !Rfc3339().IsMatch(time.GetString()!) ? "time"
            : cloudEvent.TryGetProperty("data", out _) && cloudEvent.TryGetProperty("data_base64", out _) ? "data twice"
            : cloudEvent.EnumerateObject().FirstOrDefault(p => p.Name is not ("data" or "data_base64") && !(AttributeName().IsMatch(p.Name) && p.Value.ValueKind == JsonValueKind.String)) is { Value.ValueKind: not JsonValueKind.Undefined } bad ? $"attribute {bad.Name}"
            : null;
    }

    private (int Status, string Code) Broken(int status, string code)
    {
        Faults.Add(code);
        return (status, code);
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rfc3339();

    [GeneratedRegex("^[a-z0-9]{1,20}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AttributeName();
}

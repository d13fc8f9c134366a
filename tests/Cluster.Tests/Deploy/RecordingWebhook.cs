using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Platform.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AgentWarden.ClusterTests.Deploy;

/// <summary>Stands where our admission endpoint would: allows everything that it is asked about, and remembers what it was.</summary>
internal sealed class RecordingWebhook : IAsyncDisposable
{
    private readonly ServingCertificate _certificate =
        CertificateFactory.Create(["localhost"], [IPAddress.Loopback], DateTimeOffset.UtcNow, TimeSpan.FromDays(1));

    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ConcurrentDictionary<string, string> _changes = new(StringComparer.Ordinal);
    private readonly JsonArray? _patch;
    private readonly WebApplication _app;

    /// <param name="patch">A JSON patch for every object that it is asked about; none without it.</param>
    public RecordingWebhook(JsonArray? patch = null)
    {
        _patch = patch;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(_certificate.Certificate)));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    public Uri Url => new(_app.Urls.Single());

    public string CaBundlePem => _certificate.CaBundlePem;

    public Task StartAsync() => _app.StartAsync();

    /// <summary>How often it was asked about the object of that name.</summary>
    public int Asked(string operation, string name) => _asked.Count(a => a == $"{operation} {name}");

    /// <summary>
    /// About how many different states of it: an API server that finds the object changed under its hands applies a patch once more,
    /// and asks again.
    /// </summary>
    public int Changes(string operation, string name) => _changes.Count(c => c.Value == $"{operation} {name}");

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted))!["request"]!;
        _asked.Enqueue($"{request["operation"]} {request["name"]}");
        _changes[State(request["object"])] = $"{request["operation"]} {request["name"]}";
        var response = new JsonObject { ["uid"] = request["uid"]!.DeepClone(), ["allowed"] = true };
        if (_patch is not null)
        {
            response["patchType"] = "JSONPatch";
            response["patch"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(_patch.ToJsonString()));
        }

        context.Response.ContentType = "application/json";
        var review = new JsonObject { ["apiVersion"] = "admission.k8s.io/v1", ["kind"] = "AdmissionReview", ["response"] = response };
        await context.Response.WriteAsync(review.ToJsonString(), context.RequestAborted);
    }

    private static string State(JsonNode? state)
    {
        var metadata = state?["metadata"];
        JsonNode?[] parts = [metadata?["uid"], metadata?["labels"], metadata?["annotations"], metadata?["finalizers"], state?["spec"]];
        return string.Join(' ', parts.Select(p => p?.ToJsonString()));
    }
}

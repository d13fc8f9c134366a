using System.Globalization;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>One queue of Azure Storage, over the service's REST interface.</summary>
/// <remarks>All calls throw <see cref="SinkUnavailableException"/> when the service or the queue cannot be used, with what to mend.</remarks>
internal sealed class QueueClient(HttpPipeline pipeline, QueueFailure failure, Uri service, string name)
{
    /// <summary>Version of the REST interface: new enough for messages that never expire (2017-07-29).</summary>
    public const string Version = "2021-12-02";

    /// <summary>The most messages that one call may get.</summary>
    public const int MostAtOnce = 32;

    private const string NeverExpires = "-1";

    public string Name => name;

    /// <summary>Another queue of the same account.</summary>
    public QueueClient Beside(string suffix) => new(pipeline, failure, service, name + suffix);

    /// <summary>Puts a message, and makes the queue first when it is absent.</summary>
    /// <param name="text">At most <see cref="QueueText.Limit"/> bytes.</param>
    /// <param name="timeToLive">When it is dropped unread; null for never.</param>
    /// <param name="cancellation">Ends the call; the message may have arrived.</param>
    /// <exception cref="EventRefusedException">The service takes messages, but not this one.</exception>
    public async Task PutAsync(string text, TimeSpan? timeToLive, CancellationToken cancellation)
    {
        var seconds = timeToLive is { } time ? ((long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture) : NeverExpires;
        var body = QueueXml.Message(text);
        using var first = await SendAsync(RequestMethod.Post, "/messages", $"?messagettl={seconds}", body, cancellation);
        if (first.Status == 201)
        {
            return;
        }

        if (!QueueFailure.IsAbsent(first))
        {
            throw failure.Of(first, "put a message into", name);
        }

        await CreateAsync(cancellation);
        using var second = await SendAsync(RequestMethod.Post, "/messages", $"?messagettl={seconds}", body, cancellation);
        Expect(second, 201, "put a message into");
    }

    /// <summary>Takes messages and hides them from others for a while; none when the queue is empty or absent.</summary>
    public async Task<IReadOnlyList<QueueMessage>> GetAsync(int count, TimeSpan hidden, CancellationToken cancellation)
    {
        using var answer = await SendAsync(RequestMethod.Get, "/messages", $"?numofmessages={count}&visibilitytimeout={(int)hidden.TotalSeconds}", null, cancellation);
        if (QueueFailure.IsAbsent(answer))
        {
            return [];
        }

        Expect(answer, 200, "read");
        return QueueXml.Messages(answer.ContentStream!);
    }

    /// <summary>Deletes a message that was got. One that is gone, or that somebody else got meanwhile, is left to them.</summary>
    public async Task DeleteAsync(QueueMessage message, CancellationToken cancellation)
    {
        using var answer = await SendAsync(RequestMethod.Delete, $"/messages/{Uri.EscapeDataString(message.Id)}", $"?popreceipt={Uri.EscapeDataString(message.Receipt)}", null, cancellation);
        if (!QueueFailure.IsGone(answer))
        {
            Expect(answer, 204, "delete a message of");
        }
    }

    /// <summary>About how many messages there are, hidden ones too; 0 when the queue is absent.</summary>
    public async Task<long> ApproximateCountAsync(CancellationToken cancellation)
    {
        using var answer = await SendAsync(RequestMethod.Get, "", "?comp=metadata", null, cancellation);
        if (QueueFailure.IsAbsent(answer))
        {
            return 0;
        }

        Expect(answer, 200, "count");
        return answer.Headers.TryGetValue("x-ms-approximate-messages-count", out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
    }

    /// <summary>Several may try at once: that it is there already is as good.</summary>
    private async Task CreateAsync(CancellationToken cancellation)
    {
        using var answer = await SendAsync(RequestMethod.Put, "", "", null, cancellation);
        if (answer.Status is not (201 or 204) && !QueueFailure.IsThere(answer))
        {
            throw failure.Of(answer, "create", name);
        }
    }

    private async Task<Response> SendAsync(RequestMethod method, string path, string query, byte[]? body, CancellationToken cancellation)
    {
        var request = pipeline.CreateRequest();
        request.Method = method;
        request.Uri.Reset(new Uri($"{service.AbsoluteUri.TrimEnd('/')}/{name}{path}{query}"));
        request.Headers.SetValue("x-ms-version", Version);
        request.Headers.SetValue("Accept", "application/xml");
        if (body is not null)
        {
            request.Headers.SetValue("Content-Type", "application/xml");
            request.Content = RequestContent.Create(body);
        }

        try
        {
            return await pipeline.SendRequestAsync(request, cancellation);
        }
        catch (Exception e) when (AzureFailure.IsUnreachable(e) && !cancellation.IsCancellationRequested)
        {
            throw failure.NoAnswer(e);
        }
    }

    private void Expect(Response answer, int status, string deed)
    {
        if (answer.Status != status)
        {
            throw failure.Of(answer, deed, name);
        }
    }
}

using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace AgentWarden.InteropTests;

/// <summary>
/// Stands in for the queue trigger of the Functions host with its defaults: takes 16 messages at a time and hides them for ten minutes, decodes base64, deletes what went well,
/// makes what failed visible again at once, and moves it to <c>QUEUE-poison</c> at the fifth failure; text that is not base64 goes there at once.
/// A service that is away is asked again, as the SDK under the host does.
/// </summary>
/// <remarks>It knows nothing of our client: plain HTTP with a shared access signature, so that one mistake in both cannot hide.</remarks>
internal sealed class QueueTriggerStandIn(Uri queues, string signature, string queue) : IDisposable
{
    /// <summary>A message that failed so often is poison.</summary>
    public const int MaxDequeueCount = 5;

    private const int BatchSize = 16, HiddenSeconds = 600;

    /// <summary>The SDK's defaults.</summary>
    private const int Repeats = 3;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(800);

    private readonly HttpClient _http = new();

    /// <summary>Runs the function for each message until cancelled. A service that stays away does not end it.</summary>
    public async Task RunAsync(Func<QueueTriggerMessage, Task> function, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            if (await TakenAsync(function) == 0)
            {
                await Task.Delay(50, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Takes messages until none is visible: each at most five times, because each failure makes it visible again.</summary>
    public async Task UntilEmptyAsync(Func<QueueTriggerMessage, Task> function)
    {
        while (await OnceAsync(function) > 0)
        {
        }
    }

    /// <summary>Takes one batch and runs the function for each of its messages, side by side. Says how many there were.</summary>
    public async Task<int> OnceAsync(Func<QueueTriggerMessage, Task> function)
    {
        using var answer = await _http.GetAsync(Address(queue, "/messages", $"numofmessages={BatchSize}&visibilitytimeout={HiddenSeconds}"));
        if (answer.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return 0;
        }

        var messages = XElement.Parse((await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync()).TrimStart('\uFEFF')).Elements("QueueMessage").Select(Read).ToArray();
        await Task.WhenAll(messages.Select(m => HandleAsync(m, function)));
        return messages.Length;
    }

    public void Dispose() => _http.Dispose();

    private async Task<int> TakenAsync(Func<QueueTriggerMessage, Task> function)
    {
        try
        {
            return await OnceAsync(function);
        }
        catch (HttpRequestException)
        {
            // What it held comes back when its time is over.
            return 0;
        }
    }

    private async Task HandleAsync(Taken taken, Func<QueueTriggerMessage, Task> function)
    {
        var content = new byte[taken.Text.Length];
        var failed = !Convert.TryFromBase64String(taken.Text, content, out var length);
        var poison = failed;
        if (!failed)
        {
            try
            {
                await function(taken.Message with { Text = Encoding.UTF8.GetString(content, 0, length) });
            }
            catch (Exception)
            {
                failed = true;
                poison = taken.Message.DequeueCount >= MaxDequeueCount;
            }
        }

        if (failed && !poison)
        {
            await SendAsync(HttpMethod.Put, Address(queue, $"/messages/{taken.Message.Id}", $"popreceipt={Uri.EscapeDataString(taken.Receipt)}&visibilitytimeout=0"));
            return;
        }

        if (poison)
        {
            await SendAsync(HttpMethod.Put, Address($"{queue}-poison", "", ""));
            await SendAsync(HttpMethod.Post, Address($"{queue}-poison", "/messages", "messagettl=-1"), new XElement("QueueMessage", new XElement("MessageText", taken.Text)).ToString());
        }

        await SendAsync(HttpMethod.Delete, Address(queue, $"/messages/{taken.Message.Id}", $"popreceipt={Uri.EscapeDataString(taken.Receipt)}"));
    }

    private async Task SendAsync(HttpMethod method, Uri address, string? body = null)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var request = new HttpRequestMessage(method, address) { Content = new StringContent(body ?? "", Encoding.UTF8, "application/xml") };
                using var answer = await _http.SendAsync(request);
                answer.EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException away) when (away.StatusCode is null or >= System.Net.HttpStatusCode.InternalServerError && attempt < Repeats)
            {
                await Task.Delay(FirstPause * (1 << attempt));
            }
        }
    }

    private Uri Address(string name, string path, string query) => new($"{queues}/{name}{path}?{signature}{(query.Length > 0 ? "&" : "")}{query}");

    private static Taken Read(XElement message)
    {
        string Value(string name) => message.Element(name)!.Value;
        DateTimeOffset Time(string name) => DateTimeOffset.Parse(Value(name), CultureInfo.InvariantCulture);
        return new(new(Value("MessageId"), "", int.Parse(Value("DequeueCount"), CultureInfo.InvariantCulture), Time("InsertionTime"), Time("ExpirationTime")), Value("PopReceipt"), Value("MessageText"));
    }

    private sealed record Taken(QueueTriggerMessage Message, string Receipt, string Text);
}

/// <summary>What a function with a queue trigger gets.</summary>
internal sealed record QueueTriggerMessage(string Id, string Text, int DequeueCount, DateTimeOffset InsertionTime, DateTimeOffset ExpirationTime);

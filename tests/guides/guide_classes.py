# SPDX-License-Identifier: Apache-2.0
"""The users' code: the classes and functions of two published SQS guides.

Kept verbatim, faults included, to prove that code written for SQS runs against Forebay started
with --attribute-aliases. Only the imports here are added; what talks to S3 or CloudWatch is not
called, and the monitoring class is left out. Do not format, fix or copy from: see examples/python
for programs to copy.
"""

# fmt: off
import time
from uuid import uuid4

import boto3
import json
from datetime import datetime

class SQSQueueManager:
    def __init__(self, region_name='us-east-1'):
        self.sqs = boto3.client('sqs', region_name=region_name)
        self.resource = boto3.resource('sqs', region_name=region_name)
    
    def create_standard_queue(self, queue_name, **attributes):
        """Create standard SQS queue with optimized settings"""
        default_attributes = {
            'VisibilityTimeoutSeconds': '300',  # 5 minutes
            'MessageRetentionPeriod': '1209600',  # 14 days
            'MaxReceiveCount': '3',  # Dead letter queue threshold
            'ReceiveMessageWaitTimeSeconds': '20',  # Long polling
            'DelaySeconds': '0',  # No delivery delay
        }
        
        # Merge with provided attributes
        queue_attributes = {**default_attributes, **attributes}
        
        response = self.sqs.create_queue(
            QueueName=queue_name,
            Attributes=queue_attributes
        )
        
        return response['QueueUrl']
    
    def create_fifo_queue(self, queue_name, **attributes):
        """Create FIFO SQS queue with optimized settings"""
        if not queue_name.endswith('.fifo'):
            queue_name += '.fifo'
        
        fifo_attributes = {
            'FifoQueue': 'true',
            'ContentBasedDeduplication': 'true',  # Automatic deduplication
            'VisibilityTimeoutSeconds': '300',
            'MessageRetentionPeriod': '1209600',
            'ReceiveMessageWaitTimeSeconds': '20',
            'DeduplicationScope': 'messageGroup',  # Per message group
            'FifoThroughputLimit': 'perMessageGroupId'  # Higher throughput
        }
        
        queue_attributes = {**fifo_attributes, **attributes}
        
        response = self.sqs.create_queue(
            QueueName=queue_name,
            Attributes=queue_attributes
        )
        
        return response['QueueUrl']
    
    def setup_dead_letter_queue(self, main_queue_url, dlq_name, max_receive_count=3):
        """Setup dead letter queue for failed messages"""
        # Create DLQ
        dlq_url = self.create_standard_queue(dlq_name)
        
        # Get DLQ ARN
        dlq_attributes = self.sqs.get_queue_attributes(
            QueueUrl=dlq_url,
            AttributeNames=['QueueArn']
        )
        dlq_arn = dlq_attributes['Attributes']['QueueArn']
        
        # Configure redrive policy on main queue
        redrive_policy = {
            'deadLetterTargetArn': dlq_arn,
            'maxReceiveCount': max_receive_count
        }
        
        self.sqs.set_queue_attributes(
            QueueUrl=main_queue_url,
            Attributes={
                'RedrivePolicy': json.dumps(redrive_policy)
            }
        )
        
        return dlq_url


def create_high_performance_queue(self, queue_name):
    """Create queue optimized for high performance"""
    attributes = {
        'VisibilityTimeoutSeconds': '60',  # Shorter timeout for faster retry
        'ReceiveMessageWaitTimeSeconds': '20',  # Long polling
        'MessageRetentionPeriod': '345600',  # 4 days (shorter retention)
        'MaxReceiveCount': '5',  # More retry attempts
        'DelaySeconds': '0',  # No delay for immediate processing
    }
    
    return self.create_standard_queue(queue_name, **attributes)

def create_batch_processing_queue(self, queue_name):
    """Create queue optimized for batch processing"""
    attributes = {
        'VisibilityTimeoutSeconds': '900',  # 15 minutes for batch jobs
        'ReceiveMessageWaitTimeSeconds': '20',
        'MessageRetentionPeriod': '1209600',  # 14 days
        'MaxReceiveCount': '2',  # Fewer retries for batch jobs
        'DelaySeconds': '300',  # 5 minute delay for batch processing
    }
    
    return self.create_standard_queue(queue_name, **attributes)

def create_priority_queue_system(self, base_name):
    """Create multiple queues for priority-based processing"""
    queues = {}
    
    # High priority queue
    queues['high'] = self.create_standard_queue(
        f"{base_name}-high-priority",
        VisibilityTimeoutSeconds='30',  # Fast processing
        MaxReceiveCount='5'
    )
    
    # Normal priority queue  
    queues['normal'] = self.create_standard_queue(
        f"{base_name}-normal-priority",
        VisibilityTimeoutSeconds='300'
    )
    
    # Low priority queue
    queues['low'] = self.create_standard_queue(
        f"{base_name}-low-priority", 
        VisibilityTimeoutSeconds='600',  # Longer processing time
        DelaySeconds='60'  # Delay low priority messages
    )
    
    return queues


class SQSProducer:
    def __init__(self, queue_url):
        self.sqs = boto3.client('sqs')
        self.queue_url = queue_url
    
    def send_message(self, message_body, **kwargs):
        """Send single message to queue"""
        message_params = {
            'QueueUrl': self.queue_url,
            'MessageBody': json.dumps(message_body) if isinstance(message_body, dict) else message_body
        }
        
        # Add optional parameters
        if 'DelaySeconds' in kwargs:
            message_params['DelaySeconds'] = kwargs['DelaySeconds']
        
        if 'MessageAttributes' in kwargs:
            message_params['MessageAttributes'] = kwargs['MessageAttributes']
        
        # FIFO-specific parameters
        if 'MessageGroupId' in kwargs:
            message_params['MessageGroupId'] = kwargs['MessageGroupId']
        
        if 'MessageDeduplicationId' in kwargs:
            message_params['MessageDeduplicationId'] = kwargs['MessageDeduplicationId']
        
        response = self.sqs.send_message(**message_params)
        return response['MessageId']
    
    def send_batch_messages(self, messages):
        """Send up to 10 messages in a single batch"""
        if len(messages) > 10:
            raise ValueError("Batch size cannot exceed 10 messages")
        
        entries = []
        for i, message in enumerate(messages):
            entry = {
                'Id': str(i),
                'MessageBody': json.dumps(message['body']) if isinstance(message['body'], dict) else message['body']
            }
            
            # Add optional attributes
            if 'DelaySeconds' in message:
                entry['DelaySeconds'] = message['DelaySeconds']
            
            if 'MessageAttributes' in message:
                entry['MessageAttributes'] = message['MessageAttributes']
            
            if 'MessageGroupId' in message:
                entry['MessageGroupId'] = message['MessageGroupId']
            
            if 'MessageDeduplicationId' in message:
                entry['MessageDeduplicationId'] = message['MessageDeduplicationId']
            
            entries.append(entry)
        
        response = self.sqs.send_message_batch(
            QueueUrl=self.queue_url,
            Entries=entries
        )
        
        return {
            'successful': response.get('Successful', []),
            'failed': response.get('Failed', [])
        }


class AdvancedSQSProducer(SQSProducer):
    def send_order_event(self, order_data, priority='normal'):
        """Send order event with proper attributes and routing"""
        message_attributes = {
            'eventType': {
                'StringValue': 'OrderCreated',
                'DataType': 'String'
            },
            'priority': {
                'StringValue': priority,
                'DataType': 'String'
            },
            'customerId': {
                'StringValue': order_data['customerId'],
                'DataType': 'String'
            },
            'orderAmount': {
                'StringValue': str(order_data['totalAmount']),
                'DataType': 'Number'
            }
        }
        
        # Add delay for low priority messages
        delay_seconds = 0
        if priority == 'low':
            delay_seconds = 300  # 5 minute delay
        
        return self.send_message(
            message_body=order_data,
            MessageAttributes=message_attributes,
            DelaySeconds=delay_seconds
        )
    
    def send_fifo_message(self, message_body, group_id, deduplication_id=None):
        """Send message to FIFO queue with proper grouping"""
        if deduplication_id is None:
            # Generate deduplication ID from message content
            import hashlib
            content_hash = hashlib.md5(json.dumps(message_body, sort_keys=True).encode()).hexdigest()
            deduplication_id = content_hash
        
        return self.send_message(
            message_body=message_body,
            MessageGroupId=group_id,
            MessageDeduplicationId=deduplication_id
        )
    
    def send_with_retry(self, message_body, max_retries=3, backoff_factor=2):
        """Send message with exponential backoff retry"""
        import time
        import random
        
        for attempt in range(max_retries + 1):
            try:
                return self.send_message(message_body)
            except Exception as e:
                if attempt == max_retries:
                    raise e
                
                # Exponential backoff with jitter
                delay = (backoff_factor ** attempt) + random.uniform(0, 1)
                time.sleep(delay)


class SQSConsumer:
    def __init__(self, queue_url, max_messages=10):
        self.sqs = boto3.client('sqs')
        self.queue_url = queue_url
        self.max_messages = max_messages
        self.running = False
    
    def start_consuming(self, message_handler):
        """Start consuming messages with long polling"""
        self.running = True
        
        while self.running:
            try:
                # Receive messages with long polling
                response = self.sqs.receive_message(
                    QueueUrl=self.queue_url,
                    MaxNumberOfMessages=self.max_messages,
                    WaitTimeSeconds=20,  # Long polling
                    MessageAttributeNames=['All'],
                    AttributeNames=['All']
                )
                
                messages = response.get('Messages', [])
                
                for message in messages:
                    try:
                        # Process message
                        success = message_handler(message)
                        
                        if success:
                            # Delete message after successful processing
                            self.sqs.delete_message(
                                QueueUrl=self.queue_url,
                                ReceiptHandle=message['ReceiptHandle']
                            )
                    except Exception as e:
                        print(f"Error processing message: {e}")
                        # Message will be retried or sent to DLQ
                        
            except KeyboardInterrupt:
                print("Stopping consumer...")
                self.running = False
            except Exception as e:
                print(f"Error receiving messages: {e}")
                time.sleep(5)  # Wait before retrying
    
    def stop_consuming(self):
        """Stop the consumer"""
        self.running = False


class AdvancedSQSConsumer(SQSConsumer):
    def __init__(self, queue_url, max_messages=10, visibility_timeout=300):
        super().__init__(queue_url, max_messages)
        self.visibility_timeout = visibility_timeout
        self.message_processors = {}
    
    def register_processor(self, event_type, processor_func):
        """Register message processor for specific event type"""
        self.message_processors[event_type] = processor_func
    
    def process_message(self, message):
        """Process message based on event type"""
        try:
            # Parse message body
            message_body = json.loads(message['Body'])
            
            # Get event type from message attributes or body
            event_type = None
            if 'MessageAttributes' in message and 'eventType' in message['MessageAttributes']:
                event_type = message['MessageAttributes']['eventType']['StringValue']
            elif 'eventType' in message_body:
                event_type = message_body['eventType']
            
            # Route to appropriate processor
            if event_type and event_type in self.message_processors:
                processor = self.message_processors[event_type]
                return processor(message_body, message)
            else:
                print(f"No processor found for event type: {event_type}")
                return False
                
        except json.JSONDecodeError:
            print("Invalid JSON in message body")
            return False
        except Exception as e:
            print(f"Error processing message: {e}")
            return False
    
    def extend_visibility_timeout(self, receipt_handle, timeout_seconds):
        """Extend message visibility timeout for long-running processing"""
        self.sqs.change_message_visibility(
            QueueUrl=self.queue_url,
            ReceiptHandle=receipt_handle,
            VisibilityTimeout=timeout_seconds
        )
    
    def start_batch_processing(self):
        """Process messages in batches for better throughput"""
        self.running = True
        
        while self.running:
            try:
                # Receive batch of messages
                response = self.sqs.receive_message(
                    QueueUrl=self.queue_url,
                    MaxNumberOfMessages=10,
                    WaitTimeSeconds=20,
                    MessageAttributeNames=['All']
                )
                
                messages = response.get('Messages', [])
                
                if messages:
                    # Process messages in parallel
                    self.process_message_batch(messages)
                    
            except Exception as e:
                print(f"Error in batch processing: {e}")
                time.sleep(5)
    
    def process_message_batch(self, messages):
        """Process multiple messages concurrently"""
        import concurrent.futures
        
        with concurrent.futures.ThreadPoolExecutor(max_workers=5) as executor:
            # Submit all messages for processing
            future_to_message = {
                executor.submit(self.process_message, message): message 
                for message in messages
            }
            
            # Collect results and delete successful messages
            delete_entries = []
            
            for future in concurrent.futures.as_completed(future_to_message):
                message = future_to_message[future]
                try:
                    success = future.result()
                    if success:
                        delete_entries.append({
                            'Id': message['MessageId'],
                            'ReceiptHandle': message['ReceiptHandle']
                        })
                except Exception as e:
                    print(f"Message processing failed: {e}")
            
            # Batch delete successful messages
            if delete_entries:
                self.sqs.delete_message_batch(
                    QueueUrl=self.queue_url,
                    Entries=delete_entries
                )


class DeadLetterQueueManager:
    def __init__(self, dlq_url):
        self.sqs = boto3.client('sqs')
        self.dlq_url = dlq_url
    
    def process_failed_messages(self):
        """Process messages from dead letter queue"""
        while True:
            response = self.sqs.receive_message(
                QueueUrl=self.dlq_url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=20,
                MessageAttributeNames=['All'],
                AttributeNames=['All']
            )
            
            messages = response.get('Messages', [])
            
            for message in messages:
                self.analyze_failure(message)
    
    def analyze_failure(self, message):
        """Analyze failed message and determine action"""
        try:
            message_body = json.loads(message['Body'])
            
            # Get failure information from attributes
            attributes = message.get('Attributes', {})
            approximate_receive_count = int(attributes.get('ApproximateReceiveCount', 0))
            
            print(f"Failed message analysis:")
            print(f"  Message ID: {message['MessageId']}")
            print(f"  Receive Count: {approximate_receive_count}")
            print(f"  Body: {message_body}")
            
            # Determine if message should be reprocessed
            if self.should_retry_message(message_body):
                self.requeue_message(message_body)
            else:
                self.archive_failed_message(message)
            
            # Delete from DLQ after processing
            self.sqs.delete_message(
                QueueUrl=self.dlq_url,
                ReceiptHandle=message['ReceiptHandle']
            )
            
        except Exception as e:
            print(f"Error analyzing failed message: {e}")
    
    def should_retry_message(self, message_body):
        """Determine if message should be retried"""
        # Business logic to determine retry eligibility
        event_type = message_body.get('eventType')
        
        # Don't retry certain event types
        non_retryable_events = ['UserDeleted', 'OrderCancelled']
        if event_type in non_retryable_events:
            return False
        
        # Check if message is too old
        timestamp = message_body.get('timestamp')
        if timestamp:
            message_age = datetime.utcnow() - datetime.fromisoformat(timestamp.replace('Z', '+00:00'))
            if message_age.total_seconds() > 86400:  # 24 hours
                return False
        
        return True
    
    def requeue_message(self, message_body):
        """Send message back to main queue for retry"""
        # Add retry metadata
        message_body['retryAttempt'] = message_body.get('retryAttempt', 0) + 1
        message_body['retryTimestamp'] = datetime.utcnow().isoformat()
        
        # Send to main queue with delay
        producer = SQSProducer(self.main_queue_url)
        producer.send_message(
            message_body=message_body,
            DelaySeconds=300  # 5 minute delay before retry
        )
    
    def archive_failed_message(self, message):
        """Archive failed message for investigation"""
        # Store in S3 or database for later analysis
        archive_data = {
            'messageId': message['MessageId'],
            'body': message['Body'],
            'attributes': message.get('Attributes', {}),
            'messageAttributes': message.get('MessageAttributes', {}),
            'failureTimestamp': datetime.utcnow().isoformat()
        }
        
        # Save to S3 for long-term storage
        s3 = boto3.client('s3')
        s3.put_object(
            Bucket='failed-messages-archive',
            Key=f"failed-messages/{datetime.utcnow().strftime('%Y/%m/%d')}/{message['MessageId']}.json",
            Body=json.dumps(archive_data),
            ContentType='application/json'
        )


class HighThroughputSQSClient:
    def __init__(self, queue_url, max_workers=10):
        self.queue_url = queue_url
        self.sqs = boto3.client('sqs')
        self.max_workers = max_workers
        self.message_buffer = []
        self.buffer_size = 10  # SQS batch limit
    
    def send_message_async(self, message_body):
        """Add message to buffer for batch sending"""
        self.message_buffer.append({
            'body': message_body,
            'timestamp': datetime.utcnow()
        })
        
        # Send batch when buffer is full
        if len(self.message_buffer) >= self.buffer_size:
            self.flush_buffer()
    
    def flush_buffer(self):
        """Send all buffered messages"""
        if not self.message_buffer:
            return
        
        # Prepare batch entries
        entries = []
        for i, message in enumerate(self.message_buffer):
            entries.append({
                'Id': str(i),
                'MessageBody': json.dumps(message['body'])
            })
        
        # Send batch
        try:
            response = self.sqs.send_message_batch(
                QueueUrl=self.queue_url,
                Entries=entries
            )
            
            # Handle failed messages
            failed_messages = response.get('Failed', [])
            if failed_messages:
                print(f"Failed to send {len(failed_messages)} messages")
                # Implement retry logic for failed messages
            
        except Exception as e:
            print(f"Batch send failed: {e}")
            # Implement fallback logic
        
        # Clear buffer
        self.message_buffer = []
    
    def start_high_throughput_consumer(self, message_handler):
        """Consumer optimized for high throughput"""
        import concurrent.futures
        
        with concurrent.futures.ThreadPoolExecutor(max_workers=self.max_workers) as executor:
            while True:
                try:
                    # Receive maximum messages
                    response = self.sqs.receive_message(
                        QueueUrl=self.queue_url,
                        MaxNumberOfMessages=10,
                        WaitTimeSeconds=1,  # Shorter wait for high throughput
                        MessageAttributeNames=['All']
                    )
                    
                    messages = response.get('Messages', [])
                    
                    if messages:
                        # Submit all messages for parallel processing
                        futures = [
                            executor.submit(self.process_message_with_delete, message, message_handler)
                            for message in messages
                        ]
                        
                        # Wait for completion (optional)
                        concurrent.futures.wait(futures)
                        
                except Exception as e:
                    print(f"High throughput consumer error: {e}")
                    time.sleep(1)
    
    def process_message_with_delete(self, message, handler):
        """Process message and delete if successful"""
        try:
            success = handler(message)
            if success:
                self.sqs.delete_message(
                    QueueUrl=self.queue_url,
                    ReceiptHandle=message['ReceiptHandle']
                )
            return success
        except Exception as e:
            print(f"Message processing error: {e}")
            return False


class CostOptimizedSQSClient:
    def __init__(self, queue_url):
        self.queue_url = queue_url
        self.sqs = boto3.client('sqs')
    
    def optimize_polling_strategy(self, expected_message_rate):
        """Adjust polling strategy based on message rate"""
        if expected_message_rate > 100:  # High rate
            return {
                'WaitTimeSeconds': 1,  # Short polling for immediate response
                'MaxNumberOfMessages': 10
            }
        elif expected_message_rate > 10:  # Medium rate
            return {
                'WaitTimeSeconds': 10,  # Medium polling
                'MaxNumberOfMessages': 5
            }
        else:  # Low rate
            return {
                'WaitTimeSeconds': 20,  # Long polling to reduce costs
                'MaxNumberOfMessages': 1
            }
    
    def implement_adaptive_polling(self, message_handler):
        """Adaptive polling based on queue activity"""
        consecutive_empty_receives = 0
        max_wait_time = 20
        min_wait_time = 1
        
        while True:
            # Calculate wait time based on recent activity
            wait_time = min(min_wait_time + consecutive_empty_receives * 2, max_wait_time)
            
            response = self.sqs.receive_message(
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=wait_time,
                MessageAttributeNames=['All']
            )
            
            messages = response.get('Messages', [])
            
            if messages:
                consecutive_empty_receives = 0
                for message in messages:
                    try:
                        success = message_handler(message)
                        if success:
                            self.sqs.delete_message(
                                QueueUrl=self.queue_url,
                                ReceiptHandle=message['ReceiptHandle']
                            )
                    except Exception as e:
                        print(f"Message processing error: {e}")
            else:
                consecutive_empty_receives += 1
                
                # If no messages for a while, increase wait time
                if consecutive_empty_receives > 5:
                    time.sleep(30)  # Back off further


import asyncio
import json
import boto3

async def sqs_consumer(queue_name: str):
    """Consume and process SQS messages concurrently"""
    sqs = boto3.client("sqs")
    queue_url = sqs.get_queue_url(QueueName=queue_name)["QueueUrl"]
    
    while True:
        try:
            response = sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=10,  # Max batch size
                WaitTimeSeconds=20,      # Long polling
                VisibilityTimeout=300,   # 5 min processing window
            )
            
            messages = response.get("Messages", [])
            if not messages:
                continue
            
            # Process concurrently
            tasks = [process_message(json.loads(m["Body"])) for m in messages]
            results = await asyncio.gather(*tasks, return_exceptions=True)
            
            # Delete successful, let failed retry via visibility timeout
            for message, result in zip(messages, results):
                if not isinstance(result, Exception):
                    sqs.delete_message(
                        QueueUrl=queue_url,
                        ReceiptHandle=message["ReceiptHandle"]
                    )
        except Exception as e:
            await asyncio.sleep(5)  # Back off on errors


async def send_batch_to_sqs(items: list, queue_url: str, batch_id: str):
    """Send messages in batches of 10 with deduplication"""
    sqs = boto3.client("sqs")
    batch_entries = []
    
    for item in items:
        batch_entries.append({
            "Id": str(uuid4()),
            "MessageBody": json.dumps(item, default=str),
            "MessageGroupId": batch_id,
            "MessageDeduplicationId": f"{batch_id}_{item['id']}",
        })
        
        if len(batch_entries) == 10:
            sqs.send_message_batch(QueueUrl=queue_url, Entries=batch_entries)
            batch_entries = []
    
    if batch_entries:  # Send remaining
        sqs.send_message_batch(QueueUrl=queue_url, Entries=batch_entries)
